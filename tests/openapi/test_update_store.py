"""Every parameter of /update_store takes what openapi.yaml says it takes, and refuses what it says it refuses."""
import json
import urllib.parse

import pytest

from document import FORM, Document
from talk import send

OPERATION = Document().operations["updateStore"]
SETTINGS = {name: schema for name, schema in OPERATION.form.items() if name not in ("cluster_name", "store_name")}
# What a setting needs beside it.
BESIDE = {
    "ingestion_paused_regions": {"ingestion_pause_mode": "ALL_VERSIONS"},
    "rewind_time_seconds": {"offset_lag_to_go_online": 10},
    "offset_lag_to_go_online": {"rewind_time_seconds": 60, "time_lag_to_go_online": 10},
    "time_lag_to_go_online": {"rewind_time_seconds": 60, "offset_lag_to_go_online": 10},
    "data_replication_policy": {"rewind_time_seconds": 60, "offset_lag_to_go_online": 10},
    "buffer_replay_policy": {"rewind_time_seconds": 60, "offset_lag_to_go_online": 10},
    "real_time_topic_name": {"rewind_time_seconds": 60, "offset_lag_to_go_online": 10},
}
# Values that the document allows and the state of a new store does not.
NOT_ON_A_NEW_STORE = {("version", 2): "no such version", ("rewind_time_seconds", -1): "a hybrid store needs"}
ACCEPTED_AND_IGNORED = {name for name, schema in SETTINGS.items() if "Accepted and ignored" in schema["description"]} | {"regions_filter"}
REFUSED_YET = {name for name, schema in SETTINGS.items() if "true is refused" in schema["description"]}
LIMITS = {"int32": 2**31 - 1, "int64": 2**63 - 1}


def allowed(schema):
    if schema["type"] == "boolean":
        return ["true", "FALSE"]
    if schema["type"] == "integer":
        return [schema["example"], schema["minimum"], schema.get("maximum", schema["minimum"])]
    return schema.get("enum") or [schema["example"]]


def forbidden(schema):
    if schema["type"] == "boolean":
        return ["yes", "1"]
    if schema["type"] == "integer":
        return [schema["minimum"] - 1, schema.get("maximum", LIMITS[schema["format"]]) + 1, "1.5", "ten"]
    return ["NO_SUCH_VALUE"] if "enum" in schema else []


@pytest.fixture(scope="module")
def new_store(talk):
    numbers = iter(range(10_000))

    def make():
        store = f"settings-{next(numbers)}"
        # A record, because some settings make more schemas of it.
        record = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": 0}]}
        talk.ask("createStore", store_name=store, key_schema=json.dumps("string"), value_schema=json.dumps(record))
        return store
    return make


@pytest.mark.parametrize("name", SETTINGS)
def test_setting(talk, new_store, name):
    schema, store = SETTINGS[name], new_store()
    for value in allowed(schema):
        refused = (name in REFUSED_YET and value == "true") or (name, value) in NOT_ON_A_NEW_STORE
        # The store is new each time: some settings only grow.
        answer = talk.ask("updateStore", fails=refused, store_name=new_store(), **{name: value}, **BESIDE.get(name, {}))
        if refused:
            assert NOT_ON_A_NEW_STORE.get((name, value), "is not supported by this build") in answer["error"]
    if name in ACCEPTED_AND_IGNORED:
        return
    for value in forbidden(schema):
        answer = talk.ask("updateStore", fails=True, store_name=store, **{name: value}, **BESIDE.get(name, {}))
        assert name in answer["error"] and ("must be" in answer["error"] or "only" in answer["error"]), answer["error"]


def test_unknown_and_repeated_parameters(talk, new_store):
    store = new_store()
    answer = talk.check(OPERATION, *post(talk, {"cluster_name": talk.cluster, "store_name": store, "no_such": "1"}))
    assert "no_such is not known" in answer["error"]
    answer = talk.check(OPERATION, *post(talk, [("cluster_name", talk.cluster), ("store_name", store), ("owner", "a"), ("owner", "b")]))
    assert "given twice" in answer["error"]


def post(talk, form):
    return send(talk.url + OPERATION.path, "POST", urllib.parse.urlencode(form).encode(),
                {"Content-Type": FORM})

"""Schemas of a store from registration to the tree and the router, with Venice's paths read by kazoo."""
import contextlib
import json
import pathlib
import urllib.parse

import kazoo.client
import pytest

from harness import CLUSTER, http, wait_until
from harness import run as run_tool

SCHEMAS = pathlib.Path(__file__).parents[1] / "golden/schemas"
GOLDEN = json.loads((SCHEMAS / "venice.json").read_text())["values"]
CASES = json.loads((SCHEMAS / "cases.json").read_text())["values"]


def record(*fields):
    return {"type": "record", "name": "Profile", "namespace": "example",
            "fields": [{"name": name, "type": kind, "default": default} for name, kind, default in fields]}


AGE, CITY, MAIL = ("age", "int", 0), ("city", "string", ""), ("mail", "string", "")


@contextlib.contextmanager
def tree_of(venice):
    tree = kazoo.client.KazooClient(hosts=venice.ports["zookeeper"], timeout=10)
    tree.start(timeout=20)
    try:
        yield tree
    finally:
        tree.stop()
        tree.close()


def post(url, body, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    status, _, answer = http(url + query, json.dumps(body).encode(), {"Content-Type": "application/json"}, "POST")
    return status, json.loads(answer)


def get(url):
    status, _, answer = http(url)
    assert status == 200, (url, answer)
    return json.loads(answer)


@pytest.fixture
def add(shared_venice):
    return lambda store, schema, **parameters: post(f"{shared_venice.controller}/schema/{store}", schema, **parameters)


def folder(tree, store, name):
    path = f"/{CLUSTER}/Stores/{store}/{name}"
    return {child: tree.get(f"{path}/{child}")[0].decode() for child in tree.get_children(path)} if tree.exists(path) else {}


def test_register_find_refuse(shared_venice, add, tmp_path):
    venice = shared_venice
    venice.new_store("people", value=record(AGE))
    status, answer = add("people", record(AGE, CITY))
    assert (status, answer["id"]) == (200, 2), answer
    assert add("people", record(AGE, CITY))[1]["id"] == 2, "registered again: the same id"
    documented = record(AGE, CITY)
    documented["fields"][0]["doc"] = "in years"
    assert add("people", documented)[1]["id"] == 3, "docs count"

    status, answer = add("people", record(("age", "string", "")))
    assert status == 400 and answer["errorType"] == "INVALID_SCHEMA"
    for text in ("value schema 1", "`age`", "int", "string"):
        assert text in answer["error"], answer["error"]
    status, answer = add("people", {"type": "record", "name": "Profile", "namespace": "example", "fields": [
        {"name": "age", "type": "double", "default": 1}]})
    assert status == 400 and "1.0" in answer["error"], answer
    assert http(f"{venice.controller}/schema/people", b"{", {"Content-Type": "application/json"}, "POST")[0] == 400
    # The key schema can never change.
    refused = venice.admin("add-schema", "--store", "people", "--value-schema-file", __file__, check=False)
    assert refused.returncode != 0
    status, _, answer = http(f"{venice.controller}/update_store", urllib.parse.urlencode(
        {"cluster_name": CLUSTER, "store_name": "people", "key_schema": '"int"'}).encode())
    assert "never change" in json.loads(answer)["error"]

    with tree_of(venice) as tree:
        assert folder(tree, "people", "key-schema") == {"1": '"string"'}
        values = folder(tree, "people", "value-schema")
        assert sorted(values) == ["1", "2", "3"]
        assert json.loads(values["2"]) == record(AGE, CITY)
        assert " " not in values["1"], "stored compact"
        assert folder(tree, "people", "derived-schema") == {}
    listed = get(f"{venice.controller}/schema/people")
    assert [schema["id"] for schema in listed["schemas"]] == [1, 2, 3]
    assert listed["superSetSchemaId"] == -1


def test_generated_schemas_come_with_the_settings(shared_venice, add):
    venice = shared_venice
    venice.new_store("updates", value=record(AGE, CITY))
    assert add("updates", record(AGE, CITY))[1]["id"] == 1
    venice.admin("update-store", "--store", "updates", "--write-computation-enabled", "true",
                 "--active-active-replication-enabled", "true")
    with tree_of(venice) as tree:
        assert sorted(folder(tree, "updates", "derived-schema")) == ["1-1"]
        assert sorted(folder(tree, "updates", "timestamp-metadata-schema")) == ["1-1"]
        assert venice.store("updates")["latestSuperSetValueSchemaId"] == 1
        # A schema that neither contains nor is contained: a superset comes with it.
        assert add("updates", record(AGE, MAIL))[1]["id"] == 2
        values = folder(tree, "updates", "value-schema")
        assert sorted(values) == ["1", "2", "3"]
        assert [field["name"] for field in json.loads(values["3"])["fields"]] == ["age", "mail", "city"]
        assert venice.store("updates")["latestSuperSetValueSchemaId"] == 3
        derived = folder(tree, "updates", "derived-schema")
        metadata = folder(tree, "updates", "timestamp-metadata-schema")
        assert sorted(derived) == sorted(metadata) == ["1-1", "2-1", "3-1"]
        update = json.loads(derived["2-1"])
        assert update["name"] == "ProfileWriteOpRecord" and update["namespace"] == "example"
        assert update["fields"][0]["type"][0] == {"type": "record", "name": "NoOp", "fields": []}
        assert json.loads(metadata["3-1"])["name"] == "Profile_MetadataRecord"

    # Venice's routes answer them, with Venice's names.
    controller = f"{venice.controller}/{{}}?cluster_name={CLUSTER}&store_name=updates"
    both = get(controller.format("get_all_value_and_derived_schema"))["schemas"]
    assert [(s["id"], s["derivedSchemaId"]) for s in both] == [(1, -1), (2, -1), (3, -1), (1, 1), (2, 1), (3, 1)]
    rmd = get(controller.format("get_all_replication_metadata_schemas"))["schemas"]
    assert [(s["id"], s["rmdValueSchemaId"]) for s in rmd] == [(1, 1), (1, 2), (1, 3)]
    status, _, answer = http(f"{venice.controller}/get_value_or_derived_schema_id", urllib.parse.urlencode(
        {"cluster_name": CLUSTER, "store_name": "updates", "derived_schema": derived["2-1"]}).encode())
    found = json.loads(answer)
    assert (status, found["id"], found["derivedSchemaId"]) == (200, 2, 1)

    # And so does the router.
    wait_until(lambda: len(get(f"{venice.router}/update_schema/updates")["schemas"]) == 3, 20, "update schemas at the router")
    assert get(f"{venice.router}/update_schema/updates/2")["schemaStr"] == derived["2-1"]
    wait_until(lambda: get(f"{venice.router}/latest_value_schema/updates")["id"] == 3, 20, "the superset at the router")
    assert get(f"{venice.router}/value_schema/updates")["superSetSchemaId"] == 3


@pytest.mark.parametrize("case", ["flat", "nullable_collections", "enums_and_fixed", "namespaces", "docs_and_order"])
def test_the_tree_holds_what_venice_would_write(shared_venice, case):
    """The same bytes as Venice's own classes made (tests/golden/schemas)."""
    venice = shared_venice
    store = f"golden-{case}"
    venice.new_store(store, value=CASES[case])
    venice.admin("update-store", "--store", store, "--write-computation-enabled", "true",
                 "--active-active-replication-enabled", "true")
    with tree_of(venice) as tree:
        assert folder(tree, store, "value-schema")["1"] == GOLDEN[case]["stored"]
        assert folder(tree, store, "derived-schema") == {"1-1": GOLDEN[case]["update"]}
        assert folder(tree, store, "timestamp-metadata-schema") == {"1-1": GOLDEN[case]["rmd"]}


def test_dry_run_tells_and_writes_nothing(shared_venice, add, tmp_path):
    venice = shared_venice
    venice.new_store("careful", value=record(AGE))
    status, _, answer = http(f"{venice.controller}/request_topic", urllib.parse.urlencode(
        {"cluster_name": CLUSTER, "store_name": "careful", "push_type": "BATCH", "push_job_id": "nightly"}).encode())
    assert status == 200, answer
    with tree_of(venice) as tree:
        def stats():
            path = f"/{CLUSTER}/Stores/careful"
            paths = [path] + [f"{path}/{child}" for child in tree.get_children(path)]
            paths += [f"{path}/value-schema/{child}" for child in tree.get_children(f"{path}/value-schema")]
            return {p: (tree.get(p)[0], tree.get(p)[1].mzxid, tree.get(p)[1].pzxid) for p in paths}

        before = stats()
        status, run = add("careful", record(AGE, CITY), dryRun="true")
        assert status == 200 and run["error"] is None
        assert (run["dryRun"], run["accepted"], run["verdict"], run["wouldBeId"]) == (True, True, "ACCEPTED", 2)
        assert run["results"] == [{"schemaId": 1, "compatible": True, "findings": [], "moreFindings": 0,
                                   "notes": run["results"][0]["notes"]}]
        push = run["inFlightPushes"][0]
        assert (push["version"], push["pushJobId"], push["topic"], push["affected"]) == (1, "nightly", "careful_v1", True)
        assert "`city`" in push["reason"] and push["startedTimestamp"] > 1_600_000_000_000

        status, run = add("careful", record(("age", "string", "")), dryRun="true")
        assert status == 200 and not run["accepted"] and run["verdict"] == "REJECTED" and run["wouldBeId"] is None
        finding = run["results"][0]["findings"][0]
        assert finding["path"] == "age" and finding["remedy"] and finding["readerSees"]
        assert not run["inFlightPushes"][0]["affected"]
        assert add("careful", record(AGE), dryRun="true")[1]["verdict"] == "ALREADY_REGISTERED"
        assert stats() == before

    schema = tmp_path / "value.avsc"
    schema.write_text(json.dumps(record(AGE, CITY)))
    flags = ("--store", "careful", "--value-schema-file", schema)
    told = run_tool("venice-admin-tool", "add-schema", "--url", venice.controller, *flags, "--dry-run")
    assert "nothing was written" in told.stdout and "careful_v1" in told.stdout
    assert json.loads(venice.admin("add-schema", *flags).stdout)["id"] == 2
    venice.admin("kill-job", "--store", "careful", "--version", "1")

"""Generated requests: what openapi.yaml allows, and what it forbids. Whatever comes, the answer is one that the document
describes, and none blames the controller for what the caller did. Schemathesis makes the requests from the document;
the same ones on every run.
"""
import json
import os

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies

import document as doc

# More by hand: VENICE_FUZZ_EXAMPLES=1000.
EXAMPLES = int(os.environ.get("VENICE_FUZZ_EXAMPLES", "12"))
SCHEMA = schemathesis.openapi.from_path(doc.PATH)
OPERATIONS = {result.ok().definition.raw["operationId"]: result.ok() for result in SCHEMA.get_all_operations()}
# Stops everything, or changes what the others stand on; called in test_contract.py.
LEFT_OUT = {"removeNode"}
# Venice's answer for a schema that is not registered (docs/decisions/0002).
SCHEMA_NOT_THERE = {"getValueSchema", "getValueSchemaId", "getValueOrDerivedSchemaId"}


@pytest.fixture(scope="module")
def stores(talk):
    for store, schema in (("books", "string"), ("users", {"type": "record", "name": "User", "fields": []})):
        talk.ask("createStore", store_name=store, key_schema=json.dumps("string"), value_schema=json.dumps(schema))
        talk.ask("emptyPush", store_name=store, push_job_id="first")
    return ["books", "users"]


def make_real(case, cluster, store):
    """Names a cluster and a store that exist, so that the request gets past the first checks."""
    for part in (case.query, case.body, case.path_parameters):
        if isinstance(part, dict):
            part.update({name: value for name, value in (("cluster_name", cluster), ("store_name", store), ("store", store))
                         if name in part})


def blames_the_controller(operation, answer):
    if answer.status < 500 or answer.status in (501, 503):
        return False
    return not (operation.id in SCHEMA_NOT_THERE and "schema" in answer["error"].lower())


@pytest.mark.parametrize("mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE],
                         ids=["allowed", "forbidden"])
@pytest.mark.parametrize("operation_id", sorted(OPERATIONS.keys() - LEFT_OUT))
def test_generated_requests(talk, stores, operation_id, mode):
    operation = talk.document.operations[operation_id]
    if mode.is_negative and not (operation.parameters or operation.bodies):
        pytest.skip("there is nothing to get wrong")

    @hypothesis.settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
                         phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(OPERATIONS[operation_id].as_strategy(generation_mode=mode), strategies.sampled_from([None, *stores]))
    def run(case, store):
        if store:
            make_real(case, talk.cluster, store)
        response = case.call(base_url=talk.url, timeout=30, allow_redirects=False)
        hypothesis.note(f"{response.request.method} {response.request.url} {response.request.body!r}")
        headers = {"Content-Type": (response.headers.get("content-type") or [None])[0]}
        answer = talk.check(operation, response.status_code, headers, response.content)
        assert not blames_the_controller(operation, answer), answer.text

    run()


def test_it_still_stands(talk, venice, stores):
    assert venice.process.poll() is None, venice.log()
    talk.ask("createStore", store_name="after", key_schema=json.dumps("string"), value_schema=json.dumps("string"))
    assert talk.ask("getStore", store_name="after")["store"]["currentVersion"] == 0

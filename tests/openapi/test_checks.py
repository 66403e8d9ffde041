"""The checks that keep openapi.yaml true do find what they are for."""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import document as doc

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import openapi_sync  # noqa: E402

ROUTES = json.loads(subprocess.run([os.environ["VENICE_BIN"] + "/dump-routes"], check=True, capture_output=True).stdout)


def compare(change_routes):
    routes = copy.deepcopy(ROUTES)
    change_routes({(route["path"], route["method"]): route for route in routes}, routes)
    return openapi_sync.compare(doc.PATH.read_text(), routes)


def test_the_table_and_the_document_agree():
    problems, stale, mended = compare(lambda *_: None)
    assert (problems, stale) == ([], [])
    assert mended == doc.PATH.read_text(), "the layout of openapi.yaml is that of scripts/openapi_sync.py"


@pytest.mark.parametrize("change, problem", [
    (lambda by_key, routes: routes.remove(by_key["/job", "GET"]), "GET /job is in openapi.yaml, but not in the route table"),
    (lambda by_key, routes: routes.append({**by_key["/job", "GET"], "path": "/jab"}), "GET /jab is in the route table, but not in"),
    (lambda by_key, _: by_key["/job", "GET"]["parameters"].pop(), "GET /job: parameter fabric is in openapi.yaml, but not"),
    (lambda by_key, _: by_key["/set_owner", "POST"]["parameters"].append({"name": "x", "required": False, "description": "y"}),
     "POST /set_owner: parameter x is in the route table, but not"),
    (lambda by_key, _: by_key["/set_owner", "POST"]["parameters"][1].update(required=False),
     "POST /set_owner: parameter owner: required is False in the route table"),
    (lambda by_key, _: by_key["/stores", "GET"].update(cluster_name="required"), "GET /stores: cluster_name is required in"),
    (lambda by_key, _: by_key["/job", "GET"].update(answers="any"), "GET /job: a 421 response belongs to"),
    (lambda by_key, _: by_key["/job", "GET"]["parameters"][0].update(description="Another store."), "shares its description"),
])
def test_what_only_a_person_can_mend(change, problem):
    problems, _, _ = compare(change)
    assert any(problem in line for line in problems), problems


def test_sentences_are_taken_from_the_table():
    def change(by_key, _):
        by_key["/job", "GET"]["summary"] = "How a push fares."
        by_key["/set_owner", "POST"]["parameters"][1]["description"] = "A new sentence: with a colon."

    problems, stale, mended = compare(change)
    assert problems == [] and len(stale) == 2
    assert "summary: How a push fares." in mended
    assert "'A new sentence: with a colon.'" in mended
    assert len(set(mended.splitlines()) - set(doc.PATH.read_text().splitlines())) == 2, "only these lines change"


def enums_in(header):
    """Name -> texts, of the lists that a header of ours declares as macros of X(kName, "TEXT", number)."""
    text = (ROOT / "src" / header).read_text().replace("\\\n", " ")
    lists = dict(re.findall(r"#define (VENICE_[A-Z_]+)\(X\)(.*)", text))
    return {name: re.findall(r'X\(\s*k\w+,\s*"(\w+)"', lists[macro])
            for name, macro in re.findall(r"^VENICE_DECLARE_ENUM\((\w+), (\w+)\)", text, re.MULTILINE)}


def test_enums_are_those_of_the_code(document):
    declared = enums_in("metadata/enums.h")
    assert len(declared["ExecutionStatus"]) > 20
    for name, texts in declared.items():
        assert document.root["components"]["schemas"][name]["enum"] == texts, name


def test_error_types_are_those_of_the_code(document):
    ours = set(re.findall(r'X\(\w+, \d+, \d+, \d+, "([A-Z_]+)"', (ROOT / "src/base/error_code.h").read_text()))
    assert len(ours) > 8
    assert ours <= set(document.root["components"]["schemas"]["ErrorType"]["enum"])
    for name in ours:
        assert f"| {name} |" in document.root["info"]["description"], f"{name} is not in the table of the introduction"


def test_strict_schemas_refuse_what_is_not_described(document):
    schema = document.operations["listClusters"].responses[200]["application/json"]
    good = {"cluster": None, "name": None, "error": None, "errorType": None, "exceptionType": None,
            "clusters": [{"name": "a", "leader": None}]}
    assert doc.problems(schema, good) == []
    assert doc.seen(schema, good) == {"ClusterList.clusters", "ClusterSummary.name"}
    for bad in ({**good, "more": 1}, {**good, "clusters": [{"name": "a", "leader": None, "more": 1}]},
                {**good, "clusters": [{"name": "a"}]}, {**good, "clusters": [{"name": None, "leader": None}]},
                {**good, "errorType": "NEW_TYPE"}, {name: value for name, value in good.items() if name != "name"}):
        assert doc.problems(schema, bad), bad


def test_the_lint_finds_what_is_missing(tmp_path):
    parser = openapi_sync.yaml()
    root = parser.load(doc.PATH.read_text())
    job = root["paths"]["/job"]["get"]
    job["operationId"] = "Get_Job"
    job["description"] = ""
    job["x-answered-by"] = "somebody"
    del job["tags"]
    del job["parameters"][-1]["description"]
    del job["parameters"][-1]["schema"]["example"]
    del root["components"]["schemas"]["JobStatus"]["description"]
    properties = root["components"]["schemas"]["JobStatus"]["allOf"][1]["properties"]
    del properties["statusDetails"]["description"]
    del properties["statusDetails"]["example"]
    del root["components"]["schemas"]["ExecutionStatus"]["description"]
    root["components"]["responses"]["Conflict"]["description"] = ""
    root["components"]["responses"]["Conflict"]["content"]["application/json"]["example"]["errorType"] = "NO_SUCH_TYPE"
    with open(tmp_path / "bad.yaml", "w") as out:
        parser.dump(root, out)
    done = subprocess.run([HERE / "lint", tmp_path / "bad.yaml"], capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    for rule in ("operation-operationId-in-camel-case", "operation-description", "operation-names-who-answers", "operation-tags",
                 "oas3-parameter-description", "parameter-has-example", "schema-described", "property-described",
                 "scalar-has-example", "response-described", "oas3-valid-media-example"):
        assert rule in done.stdout, f"{rule} is not among\n{done.stdout}"

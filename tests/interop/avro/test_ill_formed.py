"""Schemas that are nearly right: whether they are accepted, and their canonical form when they are."""

import hunt
import pytest
from comparison import compare_schema
from differences import JAVA_PARSER, unexplained


def about_schemas(ours, java, cases):
    requests = [{"op": "schema", "schema": case["writer"]} for case in cases]
    ours.start(requests)
    java.start(requests)
    return [unexplained(JAVA_PARSER, case, [one for one in compare_schema(mine, other) if one[0] != "text"])
            for case, mine, other in zip(cases, ours.answers(), java.answers(), strict=True)]


def test_spoiled_schemas(ours, java):
    hunt.hunt(ours, "spoiled", hunt.case_count(2000), lambda cases: about_schemas(ours, java, cases),
              "test_spoiled_schemas")


@pytest.mark.parametrize("difference", JAVA_PARSER, ids=lambda difference: difference.name)
def test_known_differences_are_still_there(ours, java, difference):
    request = {"op": "schema", "schema": difference.example["writer"]}
    mine, = ours.ask([request])
    other, = java.ask([request])
    difference.check(compare_schema(mine, other))

"""Random schemas, values and evolutions: ours against Java's Avro."""

import hunt
import pytest
from comparison import compare_case, compare_values
from differences import JAVA, JAVA_DAMAGED, JAVA_JSON, unexplained


def ask_both(ours, java, requests):
    ours.start(requests)
    java.start(requests)
    return zip(ours.answers(), java.answers(), strict=True)


def about_cases(ours, java, cases):
    answers = ask_both(ours, java, [{"op": "case", **case} for case in cases])
    return [unexplained(JAVA, case, compare_case(case, mine, other)) for case, (mine, other) in zip(cases, answers)]


def test_schemas_values_and_evolutions(ours, java):
    hunt.hunt(ours, "evolution", hunt.case_count(2000), lambda cases: about_cases(ours, java, cases),
              "test_schemas_values_and_evolutions")


def compare_reread(what, written, read):
    """A value that one side wrote as JSON and the other read."""
    if "error" in read or read["bytes"] != written["bytes"]:
        return [(what, written, read)]
    return []


def about_json(ours, java, cases):
    """Each side's JSON of every value, read by the other."""
    answers = list(ask_both(ours, java, [{"op": "case", **case} for case in cases]))
    pairs = [[(mine, other) for mine, other in zip(ours_of.get("values", []), java_of.get("values", []))
              if mine.get("json") and other.get("json")] for ours_of, java_of in answers]
    schemas = [case["writer"] if found else '"null"' for case, found in zip(cases, pairs)]
    java.start([{"op": "from_json", "schema": schema, "json": [mine["json"] for mine, _ in found]}
                for schema, found in zip(schemas, pairs)])
    ours.start([{"op": "from_json", "schema": schema, "json": [other["json"] for _, other in found]}
                for schema, found in zip(schemas, pairs)])
    found = []
    for case, values, by_java, by_us in zip(cases, pairs, java.answers(), ours.answers(), strict=True):
        wrong = []
        for (mine, other), java_read, we_read in zip(values, by_java["values"], by_us["values"], strict=True):
            wrong += compare_reread("java reads our json", mine, java_read)
            wrong += compare_reread("we read java's json", other, we_read)
        found.append(unexplained(JAVA_JSON, case, wrong))
    return found


def test_json_encoding(ours, java):
    hunt.hunt(ours, "evolution", hunt.case_count(600), lambda cases: about_json(ours, java, cases),
              "test_json_encoding")


def about_damage(ours, java, cases):
    answers = ask_both(ours, java, [{"op": "case", **case} for case in cases])
    return [unexplained(JAVA_DAMAGED, case, compare_values(mine, other)) for case, (mine, other) in zip(cases, answers)]


def test_damaged_values(ours, java):
    hunt.hunt(ours, "damaged", hunt.case_count(600), lambda cases: about_damage(ours, java, cases),
              "test_damaged_values")


@pytest.mark.parametrize("difference", JAVA_DAMAGED, ids=lambda difference: difference.name)
def test_known_differences_of_damage_are_still_there(ours, java, difference):
    (mine, other), = ask_both(ours, java, [{"op": "case", **difference.example}])
    difference.check(compare_values(mine, other))


@pytest.mark.parametrize("difference", JAVA, ids=lambda difference: difference.name)
def test_known_differences_are_still_there(ours, java, difference):
    (mine, other), = ask_both(ours, java, [{"op": "case", **difference.example}])
    difference.check(compare_case(difference.example, mine, other))


@pytest.mark.parametrize("difference", JAVA_JSON, ids=lambda difference: difference.name)
def test_known_differences_of_json_are_still_there(ours, java, difference):
    (mine, other), = ask_both(ours, java, [{"op": "case", **difference.example}])
    schema = difference.example["writer"]
    read = {"java reads our json": (mine, java), "we read java's json": (other, ours)}
    written, reader = read[difference.what]
    answer, = reader.ask([{"op": "from_json", "schema": schema, "json": [written["values"][0]["json"]]}])
    difference.check(compare_reread(difference.what, written["values"][0], answer["values"][0]))

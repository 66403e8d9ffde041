"""Random schemas, values and evolutions: ours against fastavro."""

import json

import differences
import fastavro_peer
import hunt
import pytest
from comparison import same_json


def compare_facts(text, ours):
    theirs = fastavro_peer.facts(text)
    if ("error" in ours) != ("error" in theirs):
        return [("parse", ours, theirs)]
    if "error" in ours:
        return []
    return [(fact, ours[fact], theirs[fact]) for fact in theirs if fact in ours and ours[fact] != theirs[fact]]


def compare_read(what, ours, theirs):
    if ("error" in ours) != ("error" in theirs):
        return [(what, ours, theirs)]
    if "error" in ours or same_json(json.loads(ours["plain"]), fastavro_peer.as_plain_json(theirs["value"])):
        return []
    return [(what + " json", ours, theirs)]


def about_case(case, answer):
    found = compare_facts(case["writer"], answer["writer"]) + compare_facts(case["reader"], answer["reader"])
    if found or "values" not in answer:
        return found
    writer, reader = (fastavro_peer.Schemas(case[side]) for side in ("writer", "reader"))
    for value, encoded in zip(answer["values"], case["values"], strict=True):
        found += compare_read("value", value, fastavro_peer.read(writer, None, bytes.fromhex(encoded)))
        found += compare_read("resolved", value["resolved"], fastavro_peer.read(writer, reader, bytes.fromhex(encoded)))
    return found


def about_cases(ours, cases):
    answers = ours.ask([{"op": "case", **case} for case in cases])
    return [differences.unexplained(differences.FASTAVRO, case, about_case(case, answer)) for case, answer in zip(cases, answers, strict=True)]


def test_schemas_values_and_evolutions(ours):
    hunt.hunt(ours, "evolution", hunt.case_count(600), lambda cases: about_cases(ours, cases),
              "test_schemas_values_and_evolutions")


def about_writing(ours, cases):
    """What fastavro wrote is read here as what it was."""
    answers = ours.ask([{"op": "case", **case} for case in cases])
    asked, written = [], []
    for case, answer in zip(cases, answers, strict=True):
        plain = [value["plain"] for value in answer.get("values", []) if "plain" in value]
        if plain and "error" not in fastavro_peer.facts(case["writer"]):
            schema = fastavro_peer.Schemas(case["writer"])
            values = [fastavro_peer.read(schema, None, bytes.fromhex(one))["value"] for one in case["values"]]
            asked.append({"op": "case", "writer": case["writer"], "reader": case["writer"], "reader_values": [],
                          "values": [fastavro_peer.write(schema, value).hex() for value in values]})
        else:
            asked.append({"op": "case", "writer": '"null"', "reader": '"null"', "values": [], "reader_values": []})
        written.append(plain)
    found = []
    for case, plain, answer in zip(cases, written, ours.ask(asked), strict=True):
        wrong = [("what fastavro wrote", read, before)
                 for before, read in zip(plain, answer["values"])
                 if not ("plain" in read and same_json(json.loads(before), json.loads(read["plain"])))]
        found.append(differences.unexplained(differences.FASTAVRO, case, wrong))
    return found


def test_we_read_what_fastavro_wrote(ours):
    hunt.hunt(ours, "evolution", hunt.case_count(300), lambda cases: about_writing(ours, cases),
              "test_we_read_what_fastavro_wrote")


@pytest.mark.parametrize("difference", differences.FASTAVRO, ids=lambda difference: difference.name)
def test_known_differences_are_still_there(ours, monkeypatch, difference):
    monkeypatch.setattr(differences, "FASTAVRO", [])
    about = about_writing if difference.what == "what fastavro wrote" else about_cases
    difference.check(about(ours, [difference.example])[0])

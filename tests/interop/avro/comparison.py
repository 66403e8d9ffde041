"""Whether two peers said the same; what they disagree on is a list of (what, ours, theirs)."""

import json
import re
import struct


UNION = re.compile(r'^\s*\[|"(type|items|values)"\s*:\s*\[')


def _as_float32(number):
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _one_mark(text):
    """How many U+FFFD stand for ill-formed UTF-8 is nobody's rule. The bytes are compared as well."""
    return re.sub("\ufffd+", "\ufffd", text)


def same_json(ours, theirs):
    """Equal as values. A float is printed with more or fewer digits by different libraries, so two reals that round to
    the same float are equal here; the encoded bytes, which are compared as well, tell them apart."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or _as_float32(ours) == _as_float32(theirs)
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        ours, theirs = ({_one_mark(key): value for key, value in side.items()} for side in (ours, theirs))
        return ours.keys() == theirs.keys() and all(same_json(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(same_json(a, b) for a, b in zip(ours, theirs))
    if isinstance(ours, str):
        return _one_mark(ours) == _one_mark(theirs)
    return ours == theirs


def same_text(ours, theirs):
    try:
        return ours == theirs or same_json(json.loads(ours), json.loads(theirs))
    except ValueError:
        return False


def plain_reals(text):
    """Java before 19 prints more digits of some reals than they need."""
    return re.sub(r"-?\d+\.\d+([eE][-+]?\d+)?", lambda real: repr(float(real[0])), text)


def compare_compatibility(case, ours, theirs):
    # Java's refusal to decide (a field that two aliases claim) is an exception.
    if ours["ok"] != theirs.get("ok", False):
        return [("compatibility", ours, theirs)]
    # Of unions we tell more than Java, which says only that no branch fits.
    if UNION.search(case["writer"]) or UNION.search(case["reader"]) or "error" in theirs:
        return []
    # Where two types meet again Java repeats what it found, with the place where it was found first.
    mine, other = ({(one["rule"], one["path"]) for one in side["findings"]} for side in (ours, theirs))
    same = other <= mine and len(mine) <= len(theirs["findings"])
    return [] if same else [("findings", ours, theirs)]


def compare_schema(ours, theirs):
    if ("error" in ours) != ("error" in theirs):
        return [("parse", ours, theirs)]
    if "error" in ours:
        return []
    if ours["canonical"] != theirs["canonical"]:
        return [("canonical", ours["canonical"], theirs["canonical"])]
    found = [(fact, ours[fact], theirs[fact]) for fact in ("crc64", "md5", "sha256") if ours[fact] != theirs[fact]]
    if plain_reals(ours["text"]) != plain_reals(theirs["text"]):
        found.append(("text", ours["text"], theirs["text"]))
    return found


def compare_value(what, ours, theirs):
    if ("error" in ours) != ("error" in theirs):
        return [(what, ours, theirs)]
    if "error" in ours:
        return []
    found = []
    if ours["bytes"] != theirs["bytes"]:
        found.append((what + " bytes", ours, theirs))
    if not same_text(ours["json"], theirs["json"]):
        found.append((what + " json", ours, theirs))
    return found


def compare_values(ours, theirs):
    """Of the answers to the op "case" only what concerns values read as they were written."""
    found = []
    for mine, other in zip(ours.get("values", []), theirs.get("values", [])):
        found += compare_value("value", mine, other)
    return found


def compare_case(case, ours, theirs):
    """Answers to the op "case"."""
    found = compare_schema(ours["writer"], theirs["writer"]) + compare_schema(ours["reader"], theirs["reader"])
    if "values" not in ours or "values" not in theirs:
        return found
    for direction in ("reads", "is_read"):
        found += compare_compatibility(case, ours[direction], theirs[direction])
    for side in ("values", "reader_values"):
        for mine, other in zip(ours[side], theirs[side], strict=True):
            found += compare_value("value", mine, other)
            found += compare_value("resolved", mine["resolved"], other["resolved"])
    for number, (mine, other) in enumerate(zip(ours["order"], theirs["order"], strict=True)):
        if mine != other:
            found.append(("order", {"sign": mine, "of": ours["values"][number:number + 2]}, other))
    return found

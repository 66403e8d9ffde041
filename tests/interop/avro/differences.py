"""Where we knowingly answer differently from the others, and why. Each has an example that a test holds against the
peers, so that a difference that goes away leaves this list too."""

import dataclasses
import json
import typing

import fastavro_peer
from comparison import same_json


@dataclasses.dataclass(frozen=True)
class Difference:
    name: str
    why: str
    what: str  # as comparison.py calls it
    explains: typing.Callable  # of (case, ours, theirs): whether it is this difference
    example: dict  # a case that shows it

    def check(self, found):
        """`found` are the disagreements about the example: this one must still be among them."""
        assert any(what == self.what and self.explains(self.example, ours, theirs) for what, ours, theirs in found), (
            "gone, or no longer recognized: %s: %s" % (self.name, found))


def case(writer, reader=None, values=(), reader_values=()):
    def text(schema):
        return json.dumps(schema, separators=(",", ":"))

    return {"writer": text(writer), "reader": text(reader if reader is not None else writer),
            "values": list(values), "reader_values": list(reader_values)}


PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
NO_FIELDS = {"type": "record", "name": "R", "fields": []}
MUTUAL = {"type": "record", "name": "R", "fields": [
    {"name": "s", "type": {"type": "record", "name": "S", "fields": [
        {"name": "a", "type": {"type": "array", "items": ["null", "R"]}},
        {"name": "b", "type": "null"},
        {"name": "c", "type": "null"},
        {"name": "d", "type": ["int", {"type": "array", "items": "S"}]},
        {"name": "e", "type": "int"}]}},
    {"name": "r", "type": {"type": "array", "items": "R"}},
    {"name": "n", "type": "null"}]}
NO_NAMESPACE = {"type": "record", "name": "R", "fields": [{"name": "inner", "type": {
    "type": "record", "name": "n.I", "fields": [{"name": "back", "type": ["null", "R"]}]}}]}

UNDEFINED_IN_NAMESPACE = Difference(
    name="reference to a name without namespace from inside a namespace",
    why="Java 1.12 looks for it in the enclosing namespace alone while its record is still being read; 1.11 and "
        "before, and Java itself once the record is complete, then try the name as it stands, as we do.",
    what="parse",
    explains=lambda case, ours, theirs: "Undefined schema: " in theirs.get("error", ""),
    example=case(NO_NAMESPACE))


def java_json_of_no_fields(what):
    return Difference(
        name="%s of a record without fields" % what,
        why="At the root of a value Java's encoder writes no text at all for it, which is not JSON.",
        what=what,
        explains=lambda case, ours, theirs: theirs["json"] == "",
        example=case(NO_FIELDS, values=[""]))


def fields_of(json_value):
    """Every field of a schema, and whatever else has a name and a type."""
    if isinstance(json_value, dict):
        if "name" in json_value and "type" in json_value:
            yield json_value
        json_value = list(json_value.values())
    if isinstance(json_value, list):
        for inner in json_value:
            yield from fields_of(inner)


def is_own_alias(case):
    return any(field["name"] in field.get("aliases", []) for schema in (case["writer"], case["reader"])
               for field in fields_of(json.loads(schema)))


def lists_in(json_value):
    if isinstance(json_value, list):
        yield json_value
    for inner in json_value.values() if isinstance(json_value, dict) else json_value if isinstance(json_value, list) else []:
        yield from lists_in(inner)


def has_default_of_late_branch(case):
    """Whether null or a boolean, as a default or within one, may stand for a branch behind one that is not primitive."""
    def is_late(branch, branches):
        return branch in ("null", "boolean") and any(
            not (isinstance(one, str) and one in PRIMITIVES) for one in branches[:branches.index(branch)])

    return any('"default":' in schema and any(is_late(branch, one) for one in lists_in(json.loads(schema)) for branch in one
                                              if isinstance(branch, str))
               for schema in (case["writer"], case["reader"]))


def record_with_default(name, aliases):
    return {"type": "record", "name": "R", "fields": [
        {"name": "inner", "default": {name: 1}, "type": {"type": "record", "name": "I", "fields": [
            {"name": name, "type": "int", "aliases": aliases}]}}]}


def holds_high_bytes(answer):
    return any(not json.dumps(json.loads(value["plain"]), ensure_ascii=False).isascii() for value in answer["of"])


def java_default_of_late_branch(what, first_branch):
    return Difference(
        name="%s of a later branch's default" % what,
        why="Java takes the first branch whose type could hold such JSON, and any JSON could be an array, map or record "
            "to it: false becomes an empty array, or a record whose fields lack defaults.",
        what=what,
        explains=lambda case, ours, theirs: has_default_of_late_branch(case) and "error" not in ours,
        example=case(NO_FIELDS, {"type": "record", "name": "R", "fields": [
            {"name": "u", "type": [first_branch, "boolean"], "default": False}]}, values=[""]))


JAVA = [
    UNDEFINED_IN_NAMESPACE,
    Difference(
        name="order of bytes above 7f",
        why="Java 1.12 compares bytes, fixed and strings as signed bytes; the specification, Java 1.11 and before, and "
            "we compare them as unsigned ones.",
        what="order",
        explains=lambda case, ours, theirs: holds_high_bytes(ours),
        example=case("bytes", values=["0280", "0200"])),
    Difference(
        name="a new field of an enum that has a default symbol, without a default of its own",
        why="Neither reads it. We say that the field lacks a default; Java compares the enum with the whole record and "
            "reports their types.",
        what="findings",
        explains=lambda case, ours, theirs: any("ENUM not compatible with writer type: RECORD" in one["message"]
                                                for one in theirs["findings"]),
        example=case({"type": "record", "name": "R", "fields": []},
                     {"type": "record", "name": "R", "fields": [
                         {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}}]})),
    Difference(
        name="a field that is its own alias",
        why="Java finds the field twice, by name and by alias, and throws; all its values can be read, and we say so.",
        what="compatibility",
        explains=lambda case, ours, theirs: "matches multiple fields" in theirs.get("error", "") and is_own_alias(case),
        example=case({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]},
                     {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "aliases": ["a"]}]})),
    java_default_of_late_branch("resolved bytes", {"type": "array", "items": "int"}),
    java_default_of_late_branch("resolved json", {"type": "array", "items": "int"}),
    java_default_of_late_branch("resolved", {"type": "record", "name": "I", "fields": [{"name": "f", "type": "int"}]}),
    Difference(
        name="two records that contain each other",
        why="Java's decoder loses its place in some of them, also without any evolution, and ends in a null pointer.",
        what="value",
        explains=lambda case, ours, theirs: "NullPointerException" in theirs.get("error", ""),
        example=case(MUTUAL, values=["020200000000020000000000000000000000"])),
    Difference(
        name="an alias within the default of a field of the writer",
        why="Java renames the writer's fields by the reader's aliases, and then finds that the writer's own defaults, "
            "which nobody needs, still have the old names.",
        what="resolved",
        explains=lambda case, ours, theirs: "Invalid default for field" in theirs.get("error", ""),
        example=case(record_with_default("old", []), record_with_default("new", ["old"]), values=["02"])),
    Difference(
        name="skipping a type that contains the record around it",
        why="Java's skipping of a field whose type leads back to the record being read ends in a null pointer.",
        what="resolved",
        explains=lambda case, ours, theirs: "NullPointerException" in theirs.get("error", ""),
        example=case({"type": "record", "name": "R", "fields": [
            {"name": "gone", "type": {"type": "record", "name": "G", "fields": [
                {"name": "back", "type": ["null", "R"]}, {"name": "none", "type": "null"}]}},
            {"name": "m", "type": {"type": "map", "values": "R"}}]},
            {"type": "record", "name": "R", "fields": [{"name": "m", "type": {"type": "map", "values": "R"}}]},
            values=["00020630616102000202300000000000"])),
    java_json_of_no_fields("value json"),
    java_json_of_no_fields("resolved json"),
]

JAVA_JSON = [
    Difference(
        name="infinities and NaN",
        why="Java writes them as strings and does not read its own.",
        what="java reads our json",
        explains=lambda case, ours, theirs: (
            "Got VALUE_STRING" in theirs.get("error", "") and any(word in ours["json"] for word in ("NaN", "Infinity"))),
        example=case("double", values=["000000000000f07f"])),
    Difference(
        name="which NaN",
        why="JSON has one word for all of them.",
        what="we read java's json",
        explains=lambda case, ours, theirs: '"NaN"' in ours["json"] and "bytes" in theirs,
        example=case("float", values=["0100c07f"])),
    Difference(
        name="negative zero as a float",
        why="Java writes a float by adding it to a double zero, and so writes -0 as 0.",
        what="we read java's json",
        explains=lambda case, ours, theirs: "float" in case["writer"] and "0.0" in ours["json"] and "bytes" in theirs,
        example=case("float", values=["00000080"])),
]

JAVA_DAMAGED = [
    Difference(
        name="encodings that are not the specification's",
        why="Java reads any byte but 1 as false, drops bits of a number that is too long, does not look at the size of "
            "a block, and keeps bytes that are left over in such a block. We refuse them.",
        what="value",
        explains=lambda case, ours, theirs: " left are not an encoded " in ours.get("error", ""),
        example=case("boolean", values=["02"])),
    Difference(
        name="text that is no UTF-8",
        why="Java replaces it in the keys of maps when it reads them; we keep the bytes.",
        what="value bytes",
        explains=lambda case, ours, theirs: "efbfbd" in theirs["bytes"],
        example=case({"type": "map", "values": "null"}, values=["0202ff00"])),
]

def names_in(canonical):
    return {field["name"] for field in fields_of(json.loads(canonical)) if field["type"] in ("record", "enum", "fixed")}


def has_name_with_and_without_namespace(canonical):
    names = names_in(canonical)
    return any("." in name and name.rsplit(".", 1)[1] in names for name in names)


JAVA_PARSER = [
    Difference(
        name="a record that refers to itself, beside a type of the same name without namespace",
        why="A name means the type of its own namespace first. Java 1.12 does not know a record by name before it is "
            "complete, and takes the other; 1.11 and before take the record, as we do.",
        what="canonical",
        explains=lambda case, ours, theirs: has_name_with_and_without_namespace(ours),
        example=case([{"type": "fixed", "name": "R", "size": 1}, {"type": "record", "name": "n.R", "fields": [
            {"name": "back", "type": ["null", "R"]}]}])),
    UNDEFINED_IN_NAMESPACE,
    Difference(
        name="a type defined twice in the same words",
        why="Java 1.12 accepts it when both definitions are equal; 1.11 and before refuse it, as we do.",
        what="parse",
        explains=lambda case, ours, theirs: " is defined twice" in ours.get("error", ""),
        example=case([{"type": "array", "items": {"type": "fixed", "name": "F", "size": 1}},
                      {"type": "map", "values": {"type": "fixed", "name": "F", "size": 1}}])),
    Difference(
        name="a type used before it is defined",
        why="New in Java 1.12; the specification asks for the definition first.",
        what="parse",
        explains=lambda case, ours, theirs: "unknown type" in ours.get("error", ""),
        example=case([{"type": "array", "items": "F"}, {"type": "fixed", "name": "F", "size": 1}])),
]


def theirs_fails_with(word):
    return lambda case, ours, theirs: isinstance(theirs, dict) and word in theirs.get("error", "")


def loosely_same(ours, theirs):
    """The same, whether a number is whole or real and whether a text is string or bytes."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(loosely_same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(loosely_same(a, b) for a, b in zip(ours, theirs))
    if isinstance(ours, str) and isinstance(theirs, str):
        return theirs in (ours, ours.encode().decode("latin-1")) or ours == theirs.encode().decode("latin-1")
    kinds = {type(ours), type(theirs)}
    return same_json(float(ours), float(theirs)) if kinds == {int, float} else same_json(ours, theirs)


def same_but_for_the_branch(ours, theirs):
    return loosely_same(json.loads(ours["plain"]), theirs)


def unions_of(schema):
    """The kinds of types in each union of a schema's text; a name that refers to a type counts as any kind."""
    left = [json.loads(schema)]
    while left:
        value = left.pop()
        if isinstance(value, list):
            kinds = {branch if isinstance(branch, str) else branch.get("type") for branch in value
                     if isinstance(branch, str) or isinstance(branch, dict) and isinstance(branch.get("type"), str)}
            yield kinds | {"fixed"} if kinds - set(PRIMITIVES) - {"array", "map", "record", "enum"} else kinds
            left += value
        elif isinstance(value, dict):
            left += value.values()


def lacks_fields(ours, theirs):
    """The same, but for fields that theirs does not have."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return theirs.keys() <= ours.keys() and all(lacks_fields(ours[key], theirs[key]) for key in theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(lacks_fields(a, b) for a, b in zip(ours, theirs))
    return same_json(ours, theirs)


FASTAVRO = [
    Difference(
        name="reference to a name without namespace from inside a namespace",
        why="fastavro looks for it in the enclosing namespace alone.",
        what="parse",
        explains=theirs_fails_with("UnknownType"),
        example=case(NO_NAMESPACE)),
    Difference(
        name="logical type that does not fit",
        why="The specification ignores it; fastavro refuses the schema.",
        what="parse",
        explains=lambda case, ours, theirs: "logicalType" in ours.get("text", "") and "decimal" in theirs.get("error", ""),
        example=case({"type": "fixed", "name": "F", "size": 1, "logicalType": "decimal", "precision": 9})),
    Difference(
        name="whole number as the default of a real",
        why="JSON does not tell 1 from 1.0; fastavro does where the type is written as an object.",
        what="parse",
        explains=theirs_fails_with("Default value"),
        example=case({"type": "record", "name": "R", "fields": [{"name": "d", "type": {"type": "double", "x": 0}, "default": 1}]})),
    Difference(
        name="default that does not fit inside a union",
        why="fastavro checks the defaults of primitive types only; Java refuses it as we do.",
        what="parse",
        explains=lambda case, ours, theirs: "default" in ours.get("error", ""),
        example=case({"type": "record", "name": "R", "fields": [
            {"name": "m", "type": {"type": "map", "values": "int"}, "default": {"k": "no number"}}]})),
    Difference(
        name="which number or text of a union",
        why="fastavro takes the first branch that the value can be promoted to, where the specification prefers the "
            "value's own type.",
        what="resolved json",
        explains=lambda case, ours, theirs: same_but_for_the_branch(
            ours, fastavro_peer.as_plain_json(theirs["value"])),
        example=case("long", ["double", "long"], values=["02"])),
    Difference(
        name="defaults within a default",
        why="fastavro gives a record that is a default only the fields written there, without their own defaults.",
        what="resolved json",
        explains=lambda case, ours, theirs: lacks_fields(
            json.loads(ours["plain"]), fastavro_peer.as_plain_json(theirs["value"])),
        example=case(NO_FIELDS, {"type": "record", "name": "R", "fields": [
            {"name": "i", "default": {}, "type": {"type": "record", "name": "I", "fields": [
                {"name": "n", "type": "int", "default": 7}]}}]}, values=[""])),
    Difference(
        name="unqualified alias of a name in a namespace",
        why="An alias without dots is of the namespace of the type that has it; fastavro compares it with the simple "
            "name alone.",
        what="resolved",
        explains=lambda case, ours, theirs: "error" in ours and '"aliases"' in case["reader"],
        example=case({"type": "fixed", "name": "n.Old", "size": 1},
                     {"type": "fixed", "name": "New", "aliases": ["Old"], "size": 1}, values=["00"])),
    Difference(
        name="enum or fixed of another namespace or size in a union",
        why="fastavro compares simple names alone there; Java and we full ones, and sizes.",
        what="resolved",
        explains=lambda case, ours, theirs: "which no branch of the reader's union takes" in ours.get("error", "") or
        " bytes cannot be read as " in ours.get("error", ""),
        example=case({"type": "enum", "name": "E", "symbols": ["A"]},
                     ["null", {"type": "enum", "name": "n.E", "symbols": ["A"]}], values=["00"])),
    Difference(
        name="refusing schemas rather than values",
        why="fastavro refuses to read an empty array when its items could not be read, and a record under another name; "
            "Java reads both, as we do.",
        what="resolved",
        explains=theirs_fails_with("SchemaResolutionError"),
        example=case({"type": "array", "items": "int"}, {"type": "array", "items": "null"}, values=["00"])),
    Difference(
        name="named types of different kinds but the same name in two unions",
        why="fastavro ends in an error of Python's, KeyError or TypeError.",
        what="resolved",
        explains=lambda case, ours, theirs: theirs.get("error", "").startswith(("KeyError(", "TypeError(")),
        example=case([{"type": "enum", "name": "n.T", "symbols": ["P"]}],
                     [{"type": "fixed", "name": "m.T", "size": 0}, {"type": "enum", "name": "n.T", "symbols": ["P"]}],
                     values=["0000"])),
    Difference(
        name="bytes that are no UTF-8 read as a string",
        why="Java and we keep the bytes.",
        what="resolved",
        explains=theirs_fails_with("UnicodeDecodeError"),
        example=case("bytes", "string", values=["02ff"])),
    Difference(
        name="which branch of a union it writes",
        why="A Python float is float and double, an int any number, and bytes an array of numbers: fastavro writes the "
            "first branch that can hold the value, also with fewer digits.",
        what="what fastavro wrote",
        explains=lambda case, ours, theirs: any(
            "float" in kinds or "array" in kinds and kinds & {"bytes", "fixed"} for kinds in unions_of(case["writer"]))
        or same_but_for_the_branch(ours, json.loads(theirs)),
        example=case(["float", "long"], values=["02ffffffff0f"])),
]


def unexplained(differences, case, found):
    """What of `found` no difference explains."""
    return [(what, ours, theirs) for what, ours, theirs in found
            if not any(one.what == what and one.explains(case, ours, theirs) for one in differences)]


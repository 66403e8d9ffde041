"""Schema texts, well-formed and not, on which our parser must answer as Java's does."""
import json

PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


def record(*fields, **attributes):
    return {"type": "record", "name": "R", "fields": list(fields), **attributes}


def field(type_, **attributes):
    return {"name": "f", "type": type_, **attributes}


def with_default(type_, default):
    return record(field(type_, default=default))


FIXED = {"type": "fixed", "name": "F", "size": 2}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}


def schemas():
    for name in PRIMITIVES:
        yield json.dumps(name)
        yield {"type": name}
        yield {"type": name, "x": 1}
        yield {"type": "record", "name": name, "fields": []}
        yield {"type": "record", "name": name, "namespace": "n", "fields": []}
    yield from texts()
    yield from names()
    yield from defaults()
    yield from numbers()
    yield from structure()
    yield from logical()


def texts():
    yield ""
    yield " "
    yield "int"
    yield "{}"
    yield "[]"
    yield "17"
    yield "true"
    yield "null"
    yield '"nope"'
    yield '"int" '
    yield ' \n\t"int"'
    yield '"int" "int"'
    yield '"int",'
    yield '"int" // comment'
    yield '/* comment */ "int"'
    yield '// comment\n"int"'
    yield '{"type": /* here */ "int"} '
    yield '\ufeff"int"'
    yield '"in\\u0074"'
    yield "'int'"
    yield '{"type":"int",}'
    yield '{type:"int"}'
    yield '{"type":"int","type":"long"}'
    yield '{"type":"int","x":1,"y":2,"x":3}'
    yield '{"type":"int","x":"\\u0000\\u001f\\b\\f\\n\\r\\t\\/\\\\\\"\\u007f\\u0080\\u2028\\ud83d\\ude00é"}'
    yield '{"type":"int","x":"a\tb"}'
    yield '{"type":"int","x":01}'
    yield '{"type":"int","x":+1}'
    yield '{"type":"int","x":.5}'
    yield '{"type":"int","x":1.}'
    yield '{"type":"int","x":NaN}'
    yield '{"type":"int","x":"\\x"}'
    yield '{"type":"int","x":[1,{"z":null,"a":[],"b":{}},true,false,"s"]}'
    yield '{"type":"int","x":null}'
    yield '{"type":"int"'
    yield '{"type":"int'
    yield '["int"'
    yield '{"type":"array","items":"int","items":"long"}'


def names():
    for name in ["A", "_", "a1", "1a", "a-b", "", "a.b", "a.b.C", ".A", "A.", "a..B", "a b.C", "1a.B", "record", "array",
                 "a.int", "é", "aé", "٣", "a٣", "a$", "A​", "𝐀", "x.é"]:
        yield {"type": "record", "name": name, "fields": []}
        yield {"type": "enum", "name": "E", "symbols": [name]}
        yield record({"name": name, "type": "int"})
        yield {"type": "fixed", "name": "F", "size": 1, "namespace": name}
        yield {"type": "fixed", "name": "F", "size": 1, "aliases": [name]}
        yield record(field("int", aliases=[name]))
    yield {"type": "fixed", "name": "F", "size": 1, "namespace": 5}
    yield {"type": "fixed", "name": "F", "size": 1, "namespace": None}
    yield {"type": "fixed", "name": 5, "size": 1}
    yield {"type": "fixed", "size": 1}
    yield {"type": "fixed", "name": "F", "namespace": "n.m", "size": 1, "aliases": ["A", "n.m.B", "o.C", "A"]}
    yield {"type": "fixed", "name": "F", "size": 1, "aliases": "A"}
    yield {"type": "fixed", "name": "F", "size": 1, "aliases": [5]}
    yield {"type": "fixed", "name": "F", "size": 1, "aliases": None}
    yield {"type": "fixed", "name": "F", "size": 1, "aliases": []}
    yield record(field("int", aliases=["a", "b", "a"]))
    yield record(field("int", aliases="a"))
    yield record(field("int", aliases=[None]))
    yield {"type": "array", "items": "int", "aliases": ["a"], "name": "n", "doc": "d", "namespace": "s", "size": 3,
           "symbols": [], "values": "int", "fields": [], "default": 1, "order": "x"}
    # Name spaces are inherited, overridden, emptied; references look in the own one first.
    yield {"type": "record", "name": "A", "namespace": "n", "fields": [
        {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["X"]}},
        {"name": "b", "type": "E"}, {"name": "c", "type": "n.E"}, {"name": "d", "type": ["null", "A"]}]}
    yield {"type": "record", "name": "m.A", "namespace": "n", "fields": [
        {"name": "a", "type": {"type": "record", "name": "B", "namespace": "", "fields": [
            {"name": "x", "type": {"type": "fixed", "name": "C", "size": 1}}]}},
        {"name": "b", "type": "B"}, {"name": "c", "type": "C"}, {"name": "d", "type": "m.C"}]}
    yield {"type": "record", "name": "m.A", "fields": [
        {"name": "a", "type": {"type": "record", "name": "B", "namespace": "", "fields": []}},
        {"name": "b", "type": "B"}, {"name": "c", "type": {"type": "B"}}]}
    yield {"type": "record", "name": "m.A", "fields": [
        {"name": "a", "type": {"type": "record", "name": "B", "fields": []}},
        {"name": "b", "type": {"type": "B", "x": 1}}, {"name": "c", "type": {"type": "m.B"}}]}
    yield {"type": "record", "name": "m.A", "fields": [
        {"name": "a", "type": {"type": "record", "name": "m.array", "fields": []}},
        {"name": "b", "type": "m.array"}, {"name": "c", "type": "array"}]}
    yield {"type": "record", "name": "record", "fields": [{"name": "a", "type": ["null", "record"]}]}
    yield [{"type": "fixed", "name": "a.F", "size": 1}, {"type": "fixed", "name": "F", "size": 1}]
    yield [{"type": "fixed", "name": "F", "size": 1}, {"type": "fixed", "name": "F", "size": 1}]
    yield [{"type": "fixed", "name": "F", "size": 1}, {"type": "fixed", "name": "F", "size": 2}]
    yield [{"type": "fixed", "name": "F", "size": 1}, "F"]
    yield {"type": "record", "name": "A", "fields": [{"name": "x", "type": "B"}, {"name": "y", "type": {
        "type": "fixed", "name": "B", "size": 1}}]}
    yield record(field("int"), field("int"))
    yield record(field("int"), {"name": "F", "type": "int"})


def defaults():
    values = [None, True, False, 0, -1, 2147483647, 2147483648, -2147483648, -2147483649, 9223372036854775807,
              9223372036854775808, -9223372036854775808, -9223372036854775809, 1.0, 0.5, "", "A", "ab", "C", "\u00ff",
              "\u0100", [], [1], [1, "a"], [None], {}, {"a": 1}, {"f": 1}, {"f": "x"}, {"a": None}, "NaN", "Infinity",
              "-Infinity", "1.5", "x"]
    types = PRIMITIVES + [
        FIXED, ENUM, {"type": "array", "items": "int"}, {"type": "array", "items": ["int", "null"]},
        {"type": "map", "values": "int"}, ["null", "int"], ["int", "null"], ["null", "string"], ["double", "string"],
        {"type": "record", "name": "S", "fields": [{"name": "f", "type": "int"}]},
        {"type": "record", "name": "T", "fields": [{"name": "f", "type": "int", "default": 3}]},
        ["null", {"type": "record", "name": "U", "fields": [{"name": "f", "type": "int", "default": 3}]}],
        {"type": "array", "items": "float"}]
    for type_ in types:
        for value in values:
            yield with_default(type_, value)
    yield record(field(["null", "R"], default=None))
    yield record(field(["null", "R"], default={"f": None}))
    yield record(field("R", default={}))
    yield with_default({"type": "record", "name": "S", "fields": [{"name": "f", "type": ["null", "S"], "default": None}]},
                       {"f": {"f": None}})
    yield with_default({"type": "record", "name": "S", "fields": [{"name": "f", "type": ["null", "S"], "default": None}]},
                       {})
    yield record({"name": "f", "type": "int", "default": 1, "doc": "", "order": "ignore", "z": 1, "a": [1.0], "aliases": ["g"]})
    yield '{"type":"record","name":"R","fields":[{"name":"f","type":"float","default":" 1e3f "}]}'
    yield '{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":"0x1p3"}]}'
    yield '{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":"1_0"}]}'
    yield [{"type": "enum", "name": "E", "symbols": ["A", "B"], "default": d} for d in ["A"]]
    for value in ["B", "C", 5, None, ""]:
        yield {"type": "enum", "name": "E", "symbols": ["A", "B"], "default": value}
    yield {"type": "record", "name": "R", "fields": [], "default": 5, "order": "descending"}


def numbers():
    for text in ["0", "-0", "0.0", "-0.0", "1e0", "1E5", "1e7", "12345678.9", "0.001", "0.0001", "1e-5", "1e21", "1e100",
                 "123456789012345678901234567890", "-123456789012345678901234567890", "1.10", "3.4028235e38",
                 "4.9e-324", "1.7976931348623157e308", "0.1", "100", "2.5e-3", "9007199254740993.0", "1e400", "-1e400"]:
        yield '{"type":"int","x":%s}' % text
        yield '{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":%s}]}' % text


def structure():
    yield {"type": "array"}
    yield {"type": "array", "items": 5}
    yield {"type": "array", "items": None}
    yield {"type": "map"}
    yield {"type": "map", "values": ["null", {"type": "map", "values": "int"}]}
    yield {"type": "array", "items": {"type": "array", "items": "int", "x": 1}, "java-class": "L", "a": 2}
    yield {"type": {"type": "int"}}
    yield {"type": ["null", "int"]}
    yield {"type": {"type": "array", "items": "int"}, "x": 1}
    yield {"type": 5}
    yield {"type": None}
    yield {"type": "union"}
    yield {"type": "nope"}
    yield {"name": "R", "fields": []}
    yield {"type": "error", "name": "R", "fields": []}
    yield {"type": "record", "name": "R"}
    yield {"type": "record", "name": "R", "fields": {}}
    yield {"type": "record", "name": "R", "fields": None}
    yield {"type": "record", "name": "R", "fields": [5]}
    yield {"type": "record", "name": "R", "fields": [None]}
    yield {"type": "record", "name": "R", "fields": ["int"]}
    yield {"type": "record", "name": "R", "fields": [{"type": "int"}]}
    yield {"type": "record", "name": "R", "fields": [{"name": "f"}]}
    yield {"type": "record", "name": "R", "fields": [{"name": "f", "type": None}]}
    yield {"type": "record", "name": "R", "fields": [], "doc": ""}
    yield {"type": "record", "name": "R", "fields": [], "doc": 5}
    yield {"type": "record", "name": "R", "fields": [], "doc": "a\"b\\c\u0001\u00e9"}
    yield record(field("int", doc=5))
    for order in ["ascending", "descending", "ignore", "ASCENDING", "Ignore", "other", "", 5, None]:
        yield record(field("int", order=order))
    yield {"type": "enum", "name": "E"}
    yield {"type": "enum", "name": "E", "symbols": "A"}
    yield {"type": "enum", "name": "E", "symbols": []}
    yield {"type": "enum", "name": "E", "symbols": ["A", "A"]}
    yield {"type": "enum", "name": "E", "symbols": [5]}
    yield {"type": "enum", "name": "E", "symbols": [None]}
    yield {"type": "enum", "name": "E", "symbols": ["B", "A"], "doc": "d", "x": {"b": 1, "a": 2}, "aliases": ["F"]}
    for size in [0, 1, -1, 2147483639, 2147483640, 2147483647, 2147483648, 1.0, 1.5, "1", None]:
        yield {"type": "fixed", "name": "F", "size": size}
    yield {"type": "fixed", "name": "F"}
    yield ["null", "null"]
    yield ["int", ["long"]]
    yield ["int", "long", "float", "double", "string", "bytes", "boolean", "null"]
    yield [{"type": "array", "items": "int"}, {"type": "array", "items": "long"}]
    yield [{"type": "map", "values": "int"}, {"type": "map", "values": "long"}]
    yield [{"type": "map", "values": "int"}, {"type": "array", "items": "long"}]
    yield [FIXED, ENUM, record()]
    yield ["int", {"type": "int", "logicalType": "date"}]
    yield [5]
    yield [None]
    yield record(field({"type": "string", "avro.java.string": "String"}))
    yield record(field({"type": "int", "logicalType": "date"}), logicalType="x")


def logical():
    bytes_ = {"type": "bytes"}
    for base in [{"type": "bytes"}, {"type": "string"}, {"type": "int"}, {"type": "long"},
                 {"type": "fixed", "name": "F", "size": 4}, {"type": "fixed", "name": "F", "size": 16},
                 {"type": "fixed", "name": "F", "size": 12}]:
        for kind in ["date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros",
                     "local-timestamp-millis", "local-timestamp-micros", "big-decimal", "unheard-of"]:
            yield {**base, "logicalType": kind}
        for precision, scale in [(None, None), (9, None), (9, 9), (9, 10), (9, -1), (0, 0), (10, 2), (28, 2), (38, 2),
                                 (39, 2), ("9", 2), (9.0, 2), (9, "2"), (2147483648, 0), (-1, 0)]:
            schema = {**base, "logicalType": "decimal"}
            if precision is not None:
                schema["precision"] = precision
            if scale is not None:
                schema["scale"] = scale
            yield schema
    yield {**bytes_, "logicalType": 5}

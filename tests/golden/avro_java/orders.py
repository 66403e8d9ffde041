"""Schemas with encoded values, to be compared pairwise; and values to be written and read as JSON."""
import json
import struct


def varint(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text(s):
    data = s if isinstance(s, bytes) else s.encode()
    return varint(len(data)) + data


def array(*items):
    return (varint(len(items)) + b"".join(items) if items else b"") + varint(0)


def sized(*items):
    data = b"".join(items)
    return varint(-len(items)) + varint(len(data)) + data


def float_(x):
    return struct.pack("<f", x)


def double(x):
    return struct.pack("<d", x)


NUMBERS = [0, 1, -1, 63, 64, -64, -65, 300, -300, 2**31 - 1, -2**31]
REALS = [0.0, -0.0, 1.5, -1.5, 1e30, -1e30, float("nan"), float("inf"), float("-inf")]
TEXTS = ["", "a", "b", "ab", "aa", "\u00e9", "\uffff", "\U0001f600", "z" * 70]
FIXED = {"type": "fixed", "name": "F", "size": 2}
ENUM = {"type": "enum", "name": "E", "symbols": ["z", "a", "m"]}


def ordered(type_, order):
    return {"type": "record", "name": "R", "fields": [{"name": "a", "type": type_, "order": order},
                                                      {"name": "b", "type": "int"}]}


def comparisons():
    yield "null", [b""]
    yield "boolean", [b"\0", b"\1"]
    yield "int", [varint(n) for n in NUMBERS]
    yield "long", [varint(n) for n in NUMBERS + [2**63 - 1, -2**63]]
    yield "float", [float_(x) for x in REALS]
    yield "double", [double(x) for x in REALS]
    yield "string", [text(s) for s in TEXTS]
    yield "bytes", [text(s) for s in [b"", b"\0", b"\x7f", b"\x80", b"\xff", b"\x80\0"]]
    yield FIXED, [b"\0\0", b"\0\1", b"\1\0", b"\xff\0"]
    yield ENUM, [varint(n) for n in range(3)]
    yield {"type": "array", "items": "int"}, [
        array(), array(varint(1)), array(varint(2)), array(varint(1), varint(1)), array(varint(1), varint(2)),
        varint(1) + varint(1) + varint(1) + varint(2) + varint(0), sized(varint(1), varint(2)) + varint(0)]
    yield ["int", "string", "null"], [varint(0) + varint(5), varint(0) + varint(6), varint(1) + text("a"), varint(1) +
                                      text("b"), varint(2)]
    yield {"type": "map", "values": "int"}, [array(), array(text("a") + varint(1))]
    for order in ["ascending", "descending", "ignore"]:
        yield ordered("string", order), [text(s) + varint(n) for s in ["a", "b", "ab"] for n in [1, 2]]
        yield ordered(["null", {"type": "array", "items": "double"}], order), [
            varint(0) + varint(1), varint(1) + array() + varint(1), varint(1) + array(double(1), double(2)) + varint(0),
            varint(1) + array(double(1)) + varint(3), varint(0) + varint(0)]
    yield ordered({"type": "map", "values": "int"}, "ignore"), [
        array() + varint(1), array(text("a") + varint(1)) + varint(2), array(text("b") + varint(1)) + varint(0)]
    nested = {"type": "record", "name": "N", "fields": [
        {"name": "x", "type": ordered("int", "descending"), "order": "descending"}]}
    yield nested, [varint(a) + varint(b) for a in [1, 2] for b in [1, 2]]


def json_values():
    yield "null", [b""]
    yield "boolean", [b"\0", b"\1"]
    yield "int", [varint(n) for n in NUMBERS]
    yield "long", [varint(n) for n in NUMBERS + [2**63 - 1, -2**63]]
    yield "float", [float_(x) for x in REALS + [0.1, 1e7, 123456.7, 1e-3, 1e-4, 3.4028235e38, 1e-45]]
    yield "double", [double(x) for x in REALS + [0.1, 1e7, 123456.7, 1e-3, 1e-4, 1.7976931348623157e308, 5e-324, 2e22]]
    yield "string", [text(s) for s in TEXTS + ["\0\x1f\b\f\n\r\t\"\\/\x7f\u0080\u2028"]]
    yield "bytes", [text(bytes(range(256))), text(b"")]
    yield FIXED, [b"\0\xff", b"\"\\"]
    yield ENUM, [varint(n) for n in range(3)]
    yield {"type": "array", "items": ["null", "int"]}, [array(), array(varint(0), varint(1) + varint(7))]
    yield {"type": "map", "values": "string"}, [array(), array(text("k\"") + text("v"))]
    yield ["null", "int", {**FIXED, "namespace": "n"}, {"type": "array", "items": "int"}, {"type": "map", "values": "int"},
           "bytes", "float"], [
        varint(0), varint(1) + varint(5), varint(2) + b"ab", varint(3) + array(varint(1)), varint(4) + array(
            text("k") + varint(1)), varint(5) + text(b"\xe9"), varint(6) + float_(float("nan"))]
    cell = {"type": "record", "name": "a.Cell", "fields": [{"name": "v", "type": ["null", "a.Cell"]},
                                                           {"name": "\u00e9", "type": "int"}]}
    yield cell, [varint(1) + varint(0) + varint(1) + varint(2), varint(0) + varint(9)]


def json_texts():
    record = {"type": "record", "name": "n.R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]}
    yield "int", ["1", "-0", "1.0", "1e2", "2147483648", '"1"', "null", "", "1 2", "01", "true"]
    yield "long", ["9223372036854775807", "9223372036854775808", "1.0"]
    yield "double", ["1", "1.5", '"NaN"', '"Infinity"', '"-Infinity"', "NaN", "1e400", "null", "9007199254740993"]
    yield "float", ["1", "1.5", '"NaN"', '"-Infinity"', "0.1"]
    yield "string", ['"a"', '"\\u00e9\\ud83d\\ude00"', "5", "null"]
    yield "bytes", ['"\\u00ff\\u0000a"', '"\u00ff"', "5", "[1]"]
    yield FIXED, ['"ab"', '"a"', '"abc"', '"\\u00ff\\u0000"']
    yield ENUM, ['"z"', '"m"', '"x"', "0"]
    yield "boolean", ["true", "false", "0", '"true"']
    yield "null", ["null", "0", "{}"]
    yield ["null", "int", record], [
        "null", '{"int":1}', "1", '{"long":1}', '{"n.R":{"a":1,"b":"x"}}', '{"R":{"a":1,"b":"x"}}', '{"null":null}',
        "{}", '{"int":1,"x":2}']
    yield record, ['{"a":1,"b":"x"}', '{"b":"x","a":1}', '{"a":1}', '{"a":1,"b":"x","c":2}', '{"a":1,"b":null}', "[]",
                   '{"a":"1","b":"x"}']
    yield {"type": "array", "items": "int"}, ["[]", "[1,2]", "[1,null]", "{}", "[1,]", "[1"]
    yield {"type": "map", "values": "int"}, ["{}", '{"a":1}', '{"a":1,"a":2}', '{"a":null}', "[]", '{"a":1,"b":2}']


def tests():
    for schema, values in comparisons():
        yield {"kind": "compare", "schema": json.dumps(schema), "values": [v.hex() for v in values]}
    for schema, values in json_values():
        for value in values:
            yield {"kind": "json", "schema": json.dumps(schema), "binary": value.hex()}
    for schema, texts in json_texts():
        for each in texts:
            yield {"kind": "from_json", "schema": json.dumps(schema), "json": each}

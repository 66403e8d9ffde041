#!/usr/bin/env python3
"""Writes the golden Avro vectors beside this file with fastavro, an implementation independent of ours.

    build/test-venv/bin/python tests/golden/avro/generate.py

cases.json        schema, canonical form, CRC-64-AVRO, and values as Avro JSON and binary (hex)
resolution.json   writer and reader schema, bytes written, the value as the reader sees it (Avro JSON)
kv_<codec>.avro   the same 50 records in every codec, several blocks
"""
import io
import json
import pathlib

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

HERE = pathlib.Path(__file__).parent

PERSON = {
    "type": "record", "name": "Person", "namespace": "test.people", "doc": "A person",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": "string", "doc": "full name"},
        {"name": "email", "type": ["null", "string"], "default": None},
        {"name": "scores", "type": {"type": "array", "items": "double"}},
        {"name": "tags", "type": {"type": "map", "values": "int"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["NEW", "OLD", "GONE"]}},
        {"name": "digest", "type": {"type": "fixed", "name": "Four", "size": 4}},
        {"name": "previous_kind", "type": ["null", "Kind"], "default": None},
    ],
}
LIST = {
    "type": "record", "name": "Cell", "fields": [
        {"name": "value", "type": "int"},
        {"name": "next", "type": ["null", "Cell"]},
    ],
}
SHAPES = {
    "type": "record", "name": "Shapes", "namespace": "a.b", "fields": [
        {"name": "shape", "type": [
            {"type": "record", "name": "Circle", "fields": [{"name": "radius", "type": "float"}]},
            {"type": "record", "name": "c.Square", "fields": [{"name": "side", "type": "double"}]},
            "bytes", {"type": "array", "items": "Circle"},
        ]},
    ],
}


def person(**changes):
    value = {"id": 7, "name": "Zoë \"Q\" \u4e2d\U0001f600", "email": None, "scores": [1.5, -0.25],
             "tags": {"a": 1}, "kind": "OLD", "digest": b"\x00\x7f\x80\xff", "previous_kind": "GONE"}
    value.update(changes)
    return value


def cell(depth):
    value = None
    for i in range(depth):
        value = {"value": i, "next": value}
    return value


CASES = [
    ("null", "null", [None]),
    ("boolean", "boolean", [True, False]),
    ("int", "int", [0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2**31 - 1, -2**31]),
    ("long", "long", [0, -1, 2**31, -2**31 - 1, 2**63 - 1, -2**63]),
    ("float", "float", [0.0, 1.5, -2.25, 1e30]),
    ("double", "double", [0.0, 0.1, -1e300, 5e-324]),
    ("bytes", "bytes", [b"", b"\x00\x01\xfe\xff", b"abc" * 50]),
    ("string", "string", ["", "a", "tab\tquote\"back\\", "\u00e9\u4e2d\U0001f600", "x" * 300]),
    ("fixed", {"type": "fixed", "name": "F", "size": 3}, [b"abc"]),
    ("enum", {"type": "enum", "name": "E", "symbols": ["A", "B"]}, ["A", "B"]),
    ("array", {"type": "array", "items": "int"}, [[], [1, 2, 3]]),
    ("map", {"type": "map", "values": "string"}, [{}, {"k": "v"}]),
    ("nested", {"type": "array", "items": {"type": "map", "values": {"type": "array", "items": "long"}}},
     [[{"a": [1, 2]}, {}]]),
    ("union", ["null", "int", "string"], [None, 5, "five"]),
    ("record", PERSON, [person(), person(email="z@example.org", scores=[], tags={}, previous_kind=None)]),
    ("recursive", LIST, [cell(1), cell(5)]),
    ("named_unions", SHAPES, [{"shape": ("a.b.Circle", {"radius": 2.0})}, {"shape": ("c.Square", {"side": 3.0})},
                              {"shape": b"\x01"}, {"shape": [{"radius": 1.0}, {"radius": 4.0}]}]),
    ("logical", {"type": "long", "logicalType": "unknown-to-all", "extra": {"x": [1]}}, [123456789]),
]

RESOLUTIONS = [
    ("int_to_long", "int", "long", -5),
    ("int_to_double", "int", "double", 7),
    ("long_to_float", "long", "float", 3),
    ("float_to_double", "float", "double", 1.5),
    ("string_to_bytes", "string", "bytes", "abc"),
    ("bytes_to_string", "bytes", "string", b"abc"),
    ("into_union", "int", ["null", "long"], 9),
    ("out_of_union", ["null", "int"], "long", 9),
    ("union_to_union", ["int", "string"], ["null", "string", "long"], 4),
    ("array_items", {"type": "array", "items": "int"}, {"type": "array", "items": "double"}, [1, 2]),
    ("map_values", {"type": "map", "values": "int"}, {"type": "map", "values": "long"}, {"a": 1}),
    ("enum_default", {"type": "enum", "name": "E", "symbols": ["A", "B", "C"]},
     {"type": "enum", "name": "E", "symbols": ["A", "X"], "default": "X"}, "C"),
    ("fields",
     {"type": "record", "name": "R", "fields": [
         {"name": "gone", "type": {"type": "array", "items": "string"}}, {"name": "a", "type": "int"},
         {"name": "old", "type": "string"}]},
     {"type": "record", "name": "R", "fields": [
         {"name": "renamed", "type": "string", "aliases": ["old"]}, {"name": "a", "type": ["null", "long"]},
         {"name": "added", "type": "string", "default": "new"},
         {"name": "added_union", "type": ["null", "int"], "default": None},
         {"name": "added_map", "type": {"type": "map", "values": "int"}, "default": {"k": 1}}]},
     {"gone": ["x", "y"], "a": 3, "old": "o"}),
    ("type_alias",
     {"type": "record", "name": "Old", "fields": [{"name": "a", "type": "int"}]},
     {"type": "record", "name": "New", "aliases": ["Old"], "fields": [{"name": "a", "type": "int"}]}, {"a": 1}),
    ("recursive", LIST, {
        "type": "record", "name": "Cell", "fields": [
            {"name": "value", "type": "long"}, {"name": "extra", "type": "int", "default": 8},
            {"name": "next", "type": ["null", "Cell"]}]}, cell(3)),
]


def cell_json(value):
    if value is None:
        return None
    rest = None if value["next"] is None else {"Cell": cell_json(value["next"])}
    return {**value, "next": rest}


def binary(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


def avro_json(schema, value):
    if isinstance(value, dict) and set(value) >= {"value", "next"}:
        return cell_json(value)  # fastavro's JSON encoder does not follow recursive types
    out = io.StringIO()
    fastavro.json_writer(out, schema, [value])
    return json.loads(out.getvalue())


def crc64(schema):
    # fastavro prints the bytes in little-endian order; we keep the number.
    text = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
    return "%016x" % int.from_bytes(bytes.fromhex(text), "little")


def main():
    cases = []
    for name, schema, values in CASES:
        parsed = fastavro.parse_schema(json.loads(json.dumps(schema)))
        cases.append({
            "name": name, "schema": schema, "canonical": to_parsing_canonical_form(schema), "crc64": crc64(schema),
            "values": [{"json": avro_json(parsed, v), "binary": binary(parsed, v).hex()} for v in values]})
    (HERE / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")

    resolutions = []
    for name, writer, reader, value in RESOLUTIONS:
        encoded = binary(fastavro.parse_schema(json.loads(json.dumps(writer))), value)
        reader_parsed = fastavro.parse_schema(json.loads(json.dumps(reader)))
        seen = fastavro.schemaless_reader(io.BytesIO(encoded), fastavro.parse_schema(json.loads(json.dumps(writer))),
                                          reader_parsed)
        resolutions.append({"name": name, "writer": writer, "reader": reader, "binary": encoded.hex(),
                            "json": avro_json(reader_parsed, seen)})
    (HERE / "resolution.json").write_text(json.dumps(resolutions, indent=1) + "\n")

    schema = fastavro.parse_schema({"type": "record", "name": "KeyValue", "fields": [
        {"name": "key", "type": "string"}, {"name": "value", "type": "int"}]})
    records = [{"key": "key-%03d" % i, "value": i * i} for i in range(50)]
    for codec in ("null", "deflate", "snappy", "zstandard"):
        with open(HERE / f"kv_{codec}.avro", "wb") as out:
            fastavro.writer(out, schema, records, codec=codec, sync_interval=200, sync_marker=b"0123456789abcdef",
                            metadata={"made.by": "fastavro"})


if __name__ == "__main__":
    main()

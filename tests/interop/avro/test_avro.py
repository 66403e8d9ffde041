"""Container files and values, both ways, against fastavro. VENICE_BIN is the folder of the executables."""
import io
import json
import os
import pathlib
import subprocess

import fastavro
import fastavro.utils
import pytest

TOOL = pathlib.Path(os.environ["VENICE_BIN"]) / "avro-interop"
CODECS = ["null", "deflate", "snappy", "zstandard"]
SCHEMAS = {
    "flat": {"type": "record", "name": "Flat", "fields": [
        {"name": "i", "type": "int"}, {"name": "l", "type": "long"}, {"name": "f", "type": "float"},
        {"name": "d", "type": "double"}, {"name": "s", "type": "string"}, {"name": "b", "type": "bytes"},
        {"name": "t", "type": "boolean"}, {"name": "n", "type": "null"}]},
    "nested": {"type": "record", "name": "x.y.Nested", "fields": [
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B", "C"]}},
        {"name": "x", "type": {"type": "fixed", "name": "X", "size": 7}},
        {"name": "u", "type": ["null", "string", "E", {"type": "array", "items": "X"}]},
        {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": ["null", "long"]}}},
        {"name": "r", "type": {"type": "record", "name": "Inner", "fields": [{"name": "v", "type": ["int", "string"]}]}}]},
    "plain": "string",
}


def make_values(schema):
    values = list(fastavro.utils.generate_many(schema, 200))
    for value in values:
        if "f" in value and isinstance(value, dict):  # a value that a float can hold, so that printing it is exact
            value["f"] = round(value["f"] * 8) / 8
    return values


def run(*args, text=None):
    done = subprocess.run([TOOL, *map(str, args)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_json_lines(schema, values):
    out = io.StringIO()
    fastavro.json_writer(out, schema, values)
    return out.getvalue().rstrip("\n") + "\n"


def loads(lines):
    return [json.loads(line) for line in lines.splitlines()]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_we_read_fastavros_files(tmp_path, name, codec):
    schema = fastavro.parse_schema(json.loads(json.dumps(SCHEMAS[name])))
    values = make_values(schema)
    path = tmp_path / "theirs.avro"
    with open(path, "wb") as out:
        fastavro.writer(out, schema, values, codec=codec, sync_interval=700)
    assert loads(run("cat", path)) == loads(as_json_lines(schema, values))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_fastavro_reads_our_files(tmp_path, name, codec):
    schema = fastavro.parse_schema(json.loads(json.dumps(SCHEMAS[name])))
    values = make_values(schema)
    lines = as_json_lines(schema, values)
    path = tmp_path / "ours.avro"
    run("write", path, codec, json.dumps(SCHEMAS[name]), text=lines)
    with open(path, "rb") as stored:
        reader = fastavro.reader(stored)
        assert reader.codec == codec
        assert loads(as_json_lines(schema, list(reader))) == loads(lines)


@pytest.mark.parametrize("name", SCHEMAS)
def test_fingerprints_agree(name):
    canonical = fastavro.schema.to_parsing_canonical_form(SCHEMAS[name])
    theirs = bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))[::-1].hex()
    assert run("crc64", json.dumps(SCHEMAS[name])).strip() == theirs

"""Container files with every codec: each of the three writes, the others read."""

import io
import json

import fastavro
import fastavro_peer
import hunt
import pytest
from comparison import plain_reals, same_json

CODECS = ["null", "deflate", "snappy", "zstandard"]
FILES = 12  # random schemas; of each a file per codec and writer


@pytest.fixture(scope="module")
def cases(ours):
    """Random schemas with values in the encoding that every writer makes."""
    made = hunt.generate(ours, "evolution", 40 + hunt.FIRST_SEED, FILES)
    answers = ours.ask([{"op": "case", **case} for case in made])
    return [{"schema": case["writer"], "values": [value["bytes"] for value in answer["values"]] * 20}
            for case, answer in zip(made, answers, strict=True)]


def files(tmp_path, cases, codec):
    return [{"path": str(tmp_path / ("%d.%s.avro" % (number, codec))), "codec": codec, **case}
            for number, case in enumerate(cases)]


def check_read(peer, written):
    for file, answer in zip(written, peer.ask([{"op": "read_container", "path": file["path"]} for file in written])):
        assert "error" not in answer, (file, answer)
        assert answer["codec"] == file["codec"]
        assert [value.get("bytes") for value in answer["values"]] == file["values"], file


def write(peer, wanted):
    for answer in peer.ask([{"op": "write_container", **file} for file in wanted]):
        assert answer == {}
    return wanted


@pytest.mark.parametrize("codec", CODECS)
def test_java_reads_our_files(ours, java, cases, tmp_path, codec):
    check_read(java, write(ours, files(tmp_path, cases, codec)))


@pytest.mark.parametrize("codec", CODECS)
def test_we_read_javas_files(ours, java, cases, tmp_path, codec):
    written = write(java, files(tmp_path, cases, codec))
    check_read(ours, written)
    for file, schema in zip(written, ours.ask([{"op": "schema", "schema": file["schema"]} for file in written])):
        read, = ours.ask([{"op": "read_container", "path": file["path"]}])
        assert plain_reals(read["schema"]) == plain_reals(schema["text"])


@pytest.mark.parametrize("codec", CODECS)
def test_fastavro_reads_our_files(ours, cases, tmp_path, codec):
    for file in write(ours, files(tmp_path, cases, codec)):
        if "error" in fastavro_peer.facts(file["schema"]):
            continue
        schema = fastavro_peer.Schemas(file["schema"])
        with open(file["path"], "rb") as stored:
            # The file's own schema would turn logical types into Python's classes.
            blocks = fastavro.block_reader(stored)
            assert blocks.codec == codec
            encoded = b"".join(block.bytes_.getvalue() for block in blocks)
        assert encoded.hex() == "".join(file["values"])
        source = io.BytesIO(encoded)
        for value in file["values"]:
            wanted = fastavro_peer.read(schema, None, bytes.fromhex(value))["value"]
            assert repr(fastavro.schemaless_reader(source, schema.parsed, None)) == repr(wanted)


@pytest.mark.parametrize("codec", CODECS)
def test_we_read_fastavros_files(ours, cases, tmp_path, codec):
    for file in files(tmp_path, cases, codec):
        if "error" in fastavro_peer.facts(file["schema"]):
            continue
        schema = fastavro_peer.Schemas(file["schema"])
        values = [fastavro_peer.read(schema, None, bytes.fromhex(value))["value"] for value in file["values"]]
        with open(file["path"], "wb") as out:
            fastavro.writer(out, schema.parsed, values, codec=codec, sync_interval=300)
        answer, = ours.ask([{"op": "read_container", "path": file["path"]}])
        assert answer["codec"] == codec
        shown = [json.loads(value["plain"]) for value in answer["values"]]
        assert same_json(shown, [fastavro_peer.as_plain_json(value) for value in values]), file

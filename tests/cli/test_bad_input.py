"""Whatever goes in: a clear message that says what to do, a non-zero exit, no hang, no crash, and the current version
untouched."""
import os
import random
import socket
import subprocess

import pytest

import harness
from harness import BIN, CLUSTER, http, pairs, run, wait_until, write_avro

STORE = "guarded"


@pytest.fixture(scope="module")
def guarded(shared_venice, tmp_path_factory):
    """A store whose version 1 must survive everything below."""
    shared_venice.new_store(STORE)
    shared_venice.push(STORE, write_avro(tmp_path_factory.mktemp("in") / "good.avro", pairs(500, "good")))
    return shared_venice


def refused(venice, path, *needles, flags=(), store=STORE):
    done = venice.push(store, path, *flags, check=False, timeout=60)
    output = done.stdout + done.stderr
    assert done.returncode > 0, output
    for needle in needles:
        assert needle in output, f"'{needle}' is not in:\n{output}"
    if store == STORE:
        assert venice.value(STORE, "key-000007") == "good-7"
        assert venice.current_version(STORE) == 1
    return done


def test_truncated_avro(guarded, tmp_path):
    path = write_avro(tmp_path / "cut.avro", pairs(5000, "cut"))
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) * 2 // 3])
    refused(guarded, path, "cut.avro")


def test_corrupted_avro(guarded, tmp_path):
    path = write_avro(tmp_path / "noise.avro", pairs(5000, "noise"))
    content = bytearray(path.read_bytes())
    dice = random.Random(7)
    for _ in range(200):
        content[dice.randrange(len(content) // 2, len(content))] ^= 0xFF
    path.write_bytes(content)
    refused(guarded, path, "noise.avro")


def test_not_avro_at_all(guarded, tmp_path):
    (tmp_path / "text.avro").write_text("hello, this is not a container file\n" * 10)
    refused(guarded, tmp_path / "text.avro", "text.avro")


def test_missing_input(guarded, tmp_path):
    refused(guarded, tmp_path / "nothing-here", "nothing-here")


def test_empty_folder(guarded, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(guarded, tmp_path / "empty", "empty")


def test_wrong_value_schema(guarded, tmp_path):
    schema = {"type": "record", "name": "KV", "fields": [{"name": "key", "type": "string"}, {"name": "value", "type": "long"}]}
    refused(guarded, write_avro(tmp_path / "long.avro", [{"key": "a", "value": 1}], schema), "schema")


def test_wrong_key_schema(guarded, tmp_path):
    schema = {"type": "record", "name": "KV", "fields": [{"name": "key", "type": "int"}, {"name": "value", "type": "string"}]}
    refused(guarded, write_avro(tmp_path / "int.avro", [{"key": 1, "value": "x"}], schema), "key")


def test_missing_field(guarded, tmp_path):
    schema = {"type": "record", "name": "KV", "fields": [{"name": "id", "type": "string"}, {"name": "value", "type": "string"}]}
    refused(guarded, write_avro(tmp_path / "id.avro", [{"id": "a", "value": "x"}], schema), "key.field")


def test_null_key(guarded, tmp_path):
    (tmp_path / "null.jsonl").write_text('{"key": "a", "value": "b"}\n{"key": null, "value": "c"}\n')
    refused(guarded, tmp_path / "null.jsonl", "null.jsonl", "key")


def test_duplicate_key(guarded, tmp_path):
    records = pairs(100, "dup") + [{"key": "key-000042", "value": "something else"}]
    refused(guarded, write_avro(tmp_path / "dup.avro", records), "key-000042", "allow.duplicate.key")


def test_identical_duplicates_are_fine(guarded, tmp_path):
    guarded.new_store("merged")
    guarded.push("merged", write_avro(tmp_path / "same.avro", pairs(100, "x") + pairs(50, "x")))
    assert guarded.value("merged", "key-000042") == "x-42"


def test_a_50_mb_record(guarded, tmp_path):
    records = [{"key": "small", "value": "s"}, {"key": "huge-record", "value": "x" * 50_000_000}]
    refused(guarded, write_avro(tmp_path / "huge.avro", records, codec="null"), "huge-record")


def test_broken_json_line(guarded, tmp_path):
    (tmp_path / "broken.jsonl").write_text('{"key": "a", "value": "b"}\n{"key": "c", "value"\n')
    refused(guarded, tmp_path / "broken.jsonl", "broken.jsonl", "2")


def test_unknown_store(guarded, tmp_path):
    path = write_avro(tmp_path / "in.avro", pairs(3))
    refused(guarded, path, "no-such-store", store="no-such-store")


def test_unreachable_controller(tmp_path):
    path = write_avro(tmp_path / "in.avro", pairs(3))
    done = run("venice-push-job", "--venice.discover.urls", "http://127.0.0.1:1", "--venice.store.name", "s",
               "--input.path", path, "--controller.request.retry.attempts", "1", check=False, timeout=60)
    assert done.returncode > 0
    assert "127.0.0.1:1" in done.stderr + done.stdout


def test_missing_properties(tmp_path):
    (tmp_path / "job.properties").write_text("input.path=/tmp\n")
    done = run("venice-push-job", tmp_path / "job.properties", check=False)
    assert done.returncode > 0
    assert "venice.discover.urls" in done.stderr + done.stdout


@pytest.mark.parametrize("schema", ["{", '{"type":"record","name":"R"}', '"no.such.Type"', ""])
def test_new_store_with_a_bad_schema(guarded, tmp_path, schema):
    (tmp_path / "bad.avsc").write_text(schema)
    (tmp_path / "good.avsc").write_text('"string"')
    done = guarded.admin("new-store", "--cluster", CLUSTER, "--store", "bad-schema", "--key-schema-file",
                         tmp_path / "good.avsc", "--value-schema-file", tmp_path / "bad.avsc", check=False)
    assert done.returncode > 0
    assert "schema" in done.stderr.lower()


def test_store_that_exists(guarded, tmp_path):
    (tmp_path / "s.avsc").write_text('"string"')
    done = guarded.admin("new-store", "--cluster", CLUSTER, "--store", STORE, "--key-schema-file", tmp_path / "s.avsc",
                         "--value-schema-file", tmp_path / "s.avsc", check=False)
    assert done.returncode > 0
    assert "exist" in done.stderr


def test_port_in_use(guarded, tmp_path):
    port = guarded.router.rsplit(":", 1)[1]
    done = subprocess.run([BIN / "venice-standalone", "--data-dir", tmp_path / "data", "--router-port", port],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode > 0
    assert port in done.stderr + done.stdout


def test_data_folder_in_use(guarded):
    done = subprocess.run([BIN / "venice-standalone", "--data-dir", guarded.folder / "data"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode > 0
    assert "in use" in done.stderr + done.stdout


def test_garbage_at_every_port(guarded):
    dice = random.Random(11)
    addresses = [guarded.ports[name] for name in ("controller", "router", "kafka", "zookeeper")] + guarded.ports["servers"]
    for address in addresses:
        host, port = address.rsplit("/", 1)[-1].rsplit(":", 1)
        for size in (1, 4, 100, 5000, 200_000):
            for garbage in (dice.randbytes(size), b"\xff" * size, b"\0" * size, b"GET " + b"a" * size):
                with socket.create_connection((host, int(port)), timeout=10) as peer:
                    try:
                        peer.sendall(garbage)
                        peer.shutdown(socket.SHUT_WR)
                        while peer.recv(65536):
                            pass
                    except OSError:  # closed on us, as it should be
                        pass
    assert guarded.process.poll() is None, guarded.log()
    assert guarded.value(STORE, "key-000007") == "good-7"
    assert guarded.current_version(STORE) == 1


def test_odd_requests_to_the_router(guarded):
    router = guarded.router
    assert http(f"{router}/storage/{STORE}")[0] == 400
    assert http(f"{router}/storage/no-such-store/a?f=string")[0] == 400
    assert http(f"{router}/nonsense/{STORE}/a")[0] == 400
    assert http(f"{router}/storage/{STORE}", body=b"\x02a", headers={"X-VENICE-API-VERSION": "99"})[0] == 400
    assert http(f"{router}/storage/{STORE}", body=b"", headers={"X-VENICE-API-VERSION": "1"})[0] == 400
    assert http(f"{router}/storage/{STORE}", body=b"\xff\xff\xff\xff\x0fz", headers={"X-VENICE-API-VERSION": "1"})[0] == 400
    assert http(f"{router}/discover_cluster/no-such-store")[0] == 404
    assert http(f"{router}/value_schema/{STORE}/99")[0] == 404


def test_full_disk(tmp_path):
    """The whole of Venice on a small tmpfs: the push that does not fit fails with its reason, what was there stays."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True).returncode != 0:
        pytest.skip("mounting a tmpfs needs root")
    try:
        with harness.standalone(disk) as venice:
            venice.new_store("tight")
            venice.push("tight", write_avro(tmp_path / "small.avro", pairs(1000, "small")))
            big = [{"key": f"k{i}", "value": os.urandom(5000).hex()} for i in range(12_000)]
            done = venice.push("tight", write_avro(tmp_path / "big.avro", big, codec="null"), check=False, timeout=120)
            output = done.stdout + done.stderr
            assert done.returncode > 0, output
            assert "space" in output.lower() or "disk" in output.lower(), output
            assert venice.process.poll() is None, venice.log()
            wait_until(lambda: venice.value("tight", "key-000007") == "small-7", 30, "the old version still served")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)

"""Pushes of every kind of input, reads of every kind, swaps, rollback, deletion."""
import json
import threading

import pytest

from harness import CLUSTER, http, pairs, run, wait_until, write_avro

RECORD = {"type": "record", "name": "Profile", "fields": [
    {"name": "name", "type": "string"}, {"name": "age", "type": ["null", "int"], "default": None},
    {"name": "tags", "type": {"type": "array", "items": "string"}}]}


def test_every_key_reads_back(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("all-keys")
    for codec in ("null", "deflate", "snappy", "zstandard"):
        records = pairs(5000, codec)
        venice.push("all-keys", write_avro(tmp_path / f"{codec}.avro", records, codec=codec))
        for record in records[::97]:
            assert venice.value("all-keys", record["key"]) == record["value"]
        assert venice.value("all-keys", "no-such-key") is None
    keys = [record["key"] for record in records]
    for start in range(0, len(keys), 500):
        batch = keys[start:start + 500]
        answer = json.loads(run("venice-client", "multi-get", "--json", "--router", venice.router, "--store", "all-keys",
                                *sum((["--key", key] for key in batch), [])).stdout)
        assert answer == {key: f"zstandard-{int(key[4:])}" for key in batch}


@pytest.mark.parametrize("strategy", ["GZIP", "ZSTD_WITH_DICT"])
def test_compressed_stores(shared_venice, tmp_path, strategy):
    venice = shared_venice
    store = f"compressed-{strategy.lower()}"
    venice.new_store(store)
    venice.admin("update-store", "--store", store, "--compression-strategy", strategy)
    records = pairs(3000, "some words that repeat themselves in every value ")
    venice.push(store, write_avro(tmp_path / "in.avro", records))
    for record in records[::61]:
        assert venice.value(store, record["key"]) == record["value"]
    got = run("venice-client", "get", "--router", venice.router, "--store", store, "--key", records[7]["key"])
    assert records[7]["value"] in got.stdout


def test_json_lines_and_csv(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("from-json", value=RECORD)
    (tmp_path / "in.jsonl").write_text("".join(
        json.dumps({"key": f"k{i}", "value": {"name": f"n{i}", "age": i if i % 2 else None, "tags": ["a", "é"]}}) + "\n"
        for i in range(200)))
    venice.push("from-json", tmp_path / "in.jsonl")
    got = run("venice-client", "get", "--json", "--router", venice.router, "--store", "from-json", "--key", "k7")
    assert json.loads(got.stdout) == {"name": "n7", "age": 7, "tags": ["a", "é"]}

    venice.new_store("from-csv")
    (tmp_path / "in.csv").write_text('key,value\nk1,"one, with a comma"\nk2,two\n')
    venice.push("from-csv", tmp_path / "in.csv")
    assert venice.value("from-csv", "k1") == "one, with a comma"


def test_swap_under_load_and_rollback(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("swapping")
    venice.push("swapping", write_avro(tmp_path / "v1.avro", pairs(2000, "old")))
    stop = threading.Event()
    problems, values = [], []

    def read():
        while not stop.is_set():
            status, _, body = venice.get("swapping", "key-000042")
            if status != 200:
                problems.append((status, body))
            else:
                values.append(body)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        venice.push("swapping", write_avro(tmp_path / "v2.avro", pairs(2000, "new")))
        wait_until(lambda: venice.value("swapping", "key-000042") == "new-42", 20, "the swap")
        venice.admin("rollback-to-backup-version", "--store", "swapping")
        wait_until(lambda: venice.value("swapping", "key-000042") == "old-42", 20, "the rollback")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not problems, problems[:3]
    assert len(values) > 20
    assert venice.current_version("swapping") == 1


def test_old_versions_retire_with_their_topics(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("retiring")
    for number in range(1, 5):
        venice.push("retiring", write_avro(tmp_path / "in.avro", pairs(100, f"v{number}")))
        wait_until(lambda n=number: venice.value("retiring", "key-000001") == f"v{n}-1", 20, f"version {number} served")
    wait_until(lambda: [v["number"] for v in venice.store("retiring")["versions"]] == [3, 4], 60, "versions 1 and 2 retired")
    data = venice.folder / "data"
    wait_until(lambda: not list(data.rglob("retiring_v1*")), 90, "files of version 1 deleted")


def test_verify_version(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("verified")
    venice.push("verified", write_avro(tmp_path / "in.avro", pairs(1000)))
    report = json.loads(venice.admin("verify-version", "--store", "verified", "--version", "1").stdout)
    assert report["verdict"] == "EQUAL"
    assert sum(replica["actual"]["records"] for replica in report["replicas"]) == 1000


def test_empty_push_and_delete(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store("emptied")
    venice.push("emptied", write_avro(tmp_path / "in.avro", pairs(10)))
    venice.push("emptied", write_avro(tmp_path / "none.avro", []), check=False)
    venice.admin("empty-push", "--store", "emptied", "--push-id", "clear", "--store-size", "0")
    wait_until(lambda: venice.value("emptied", "key-000001") is None, 20, "the empty version served")

    assert venice.admin("delete-store", "--store", "emptied", check=False).returncode != 0
    venice.admin("disable-store", "--store", "emptied")
    venice.admin("delete-store", "--store", "emptied")
    assert "emptied" not in json.loads(venice.admin("list-stores", "--cluster", CLUSTER).stdout)["stores"]
    wait_until(lambda: venice.get("emptied", "key-000001")[0] == 400, 20, "the router forgets the store")
    status, _, _ = http(f"{venice.controller}/store?cluster_name={CLUSTER}&store_name=emptied")
    assert status == 404

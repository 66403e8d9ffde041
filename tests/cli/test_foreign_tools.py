"""Other people's tools on a running standalone: kcat, kazoo, curl."""
import base64
import io
import json
import subprocess

import fastavro
import kazoo.client

from harness import CLUSTER, pairs, write_avro

STORE = "looked-at"


def test_kcat_lists_and_reads_the_version_topic(shared_venice, tmp_path):
    venice = shared_venice
    venice.new_store(STORE)
    venice.push(STORE, write_avro(tmp_path / "in.avro", pairs(300)))
    broker = venice.ports["kafka"]
    listed = json.loads(subprocess.run(["kcat", "-b", broker, "-L", "-J"], capture_output=True, check=True, timeout=30).stdout)
    assert f"{STORE}_v1" in [topic["topic"] for topic in listed["topics"]]
    read = subprocess.run(["kcat", "-b", broker, "-C", "-t", f"{STORE}_v1", "-o", "beginning", "-e", "-q", "-f", "%k %S\n"],
                          capture_output=True, check=True, timeout=60).stdout
    data = [line for line in read.split(b"\n") if b"key-" in line]
    assert len(data) == 300


def test_kazoo_walks_the_tree(shared_venice):
    tree = kazoo.client.KazooClient(hosts=shared_venice.ports["zookeeper"], timeout=10)
    tree.start(timeout=20)
    try:
        def walk(path):
            yield path
            for child in tree.get_children(path):
                yield from walk(f"{path.rstrip('/')}/{child}")

        paths = set(walk("/"))
        assert f"/{CLUSTER}/Stores/{STORE}" in paths
        assert f"/{CLUSTER}/IDEALSTATES/{STORE}_v1" in paths
        assert f"/{CLUSTER}/EXTERNALVIEW/{STORE}_v1" in paths
        assert any(path.startswith(f"/{CLUSTER}/LIVEINSTANCES/") for path in paths)
        stored = json.loads(tree.get(f"/{CLUSTER}/Stores/{STORE}")[0])
        assert stored["name"] == STORE
        assert stored["currentVersion"] == 1
        view = json.loads(tree.get(f"/{CLUSTER}/EXTERNALVIEW/{STORE}_v1")[0])
        states = [state for partition in view["mapFields"].values() for state in partition.values()]
        assert states and set(states) <= {"LEADER", "STANDBY"}
    finally:
        tree.stop()
        tree.close()


def test_curl_follows_the_router_api(shared_venice, tmp_path):
    venice = shared_venice

    def curl(*words):
        done = subprocess.run(["curl", "-sS", "-i", *words], capture_output=True, check=True, timeout=30).stdout
        head, _, body = done.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        return int(lines[0].split()[1]), headers, body

    status, headers, body = curl(f"{venice.router}/storage/{STORE}/key-000001?f=string")
    assert (status, headers["content-type"], headers["x-venice-schema-id"]) == (200, "avro/binary", "1")
    assert headers["x-venice-compression-strategy"] == "0"
    assert headers["x-venice-rcu"] == "1"
    assert body == bytes([2 * len("a-1")]) + b"a-1"

    key = base64.urlsafe_b64encode(bytes([2 * len("key-000001")]) + b"key-000001").decode()
    assert curl(f"{venice.router}/storage/{STORE}/{key}?f=b64")[2] == body

    status, headers, body = curl(f"{venice.router}/storage/{STORE}/missing?f=string")
    assert (status, headers["content-type"], headers["x-venice-schema-id"], headers["x-venice-rcu"], body) == (
        404, "avro/binary", "-1", "1", b"")

    status, _, body = curl(f"{venice.router}/key_schema/{STORE}")
    assert status == 200 and json.loads(json.loads(body)["schemaStr"]) in ("string", {"type": "string"})
    status, _, body = curl(f"{venice.router}/value_schema/{STORE}")
    assert status == 200 and [schema["id"] for schema in json.loads(body)["schemas"]] == [1]
    status, _, body = curl(f"{venice.router}/discover_cluster/{STORE}")
    assert status == 200 and json.loads(body)["cluster"] == CLUSTER
    status, _, body = curl(f"{venice.router}/current_version/{STORE}")
    assert status == 200 and json.loads(body) == {"currentVersion": 1}

    # A streamed batch: found 0 and 2, missing 1, no footer.
    keys = ["key-000001", "absent", "key-000002"]
    request = b"".join(bytes([2 * (len(k) + 1), 2 * len(k)]) + k.encode() for k in keys)
    (tmp_path / "keys").write_bytes(request)
    status, headers, body = curl("-H", "X-VENICE-API-VERSION: 1", "-H", "X-VENICE-STREAMING: 1", "-H",
                                 "Content-Type: avro/binary", "--data-binary", f"@{tmp_path / 'keys'}",
                                 f"{venice.router}/storage/{STORE}")
    assert headers["x-venice-streaming-response"] == "1"
    assert status == 200
    records = decode_records(body)
    assert sorted(records) == [(-1, -1000, b""), (0, 1, b"\x06a-1"), (2, 1, b"\x06a-2")]


def decode_records(body):
    schema = fastavro.parse_schema({"type": "record", "name": "MultiGetResponseRecordV1", "fields": [
        {"name": "keyIndex", "type": "int"}, {"name": "value", "type": "bytes"}, {"name": "schemaId", "type": "int"}]})
    stream = io.BytesIO(body)
    records = []
    while stream.tell() < len(body):
        record = fastavro.schemaless_reader(stream, schema)
        records.append((record["keyIndex"], record["schemaId"], record["value"]))
    return records

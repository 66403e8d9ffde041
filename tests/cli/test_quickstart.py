"""What Venice's own quickstart does, typed with our executables: string keys and values, its properties file."""
import json

from harness import CLUSTER, KEY_VALUE_STRINGS, run, write_avro


def test_venice_quickstart(shared_venice, tmp_path):
    venice = shared_venice
    # The schema files of the quickstart are primitives with a name beside the type.
    (tmp_path / "key.avsc").write_text('{\n  "name": "key",\n  "type": "string"\n}\n')
    (tmp_path / "value.avsc").write_text('{\n   "name": "value",\n   "type": "string"\n}\n')
    data = tmp_path / "batch-push-data"
    data.mkdir()
    write_avro(data / "kv_records.avro", [{"key": str(i), "value": f"val{i}"} for i in range(1, 101)],
               {**KEY_VALUE_STRINGS, "namespace": "example.avro"})
    (tmp_path / "batch-push-job.properties").write_text(
        f"venice.discover.urls={venice.controller}\nvenice.store.name=test-store\ninput.path={data}\n"
        "controller.request.retry.attempts=5\nvenice.writer.close.timeout.ms=500\n"
        "push.job.status.upload.enable=false\npoll.job.status.interval.ms=1000\n")

    run("venice-admin-tool", "--new-store", "--url", venice.controller, "--cluster", CLUSTER, "--store", "test-store",
        "--key-schema-file", tmp_path / "key.avsc", "--value-schema-file", tmp_path / "value.avsc")
    run("venice-admin-tool", "--update-store", "--url", venice.controller, "--cluster", CLUSTER, "--store", "test-store",
        "--storage-quota", "-1", "--incremental-push-enabled", "true")
    run("venice-push-job", tmp_path / "batch-push-job.properties")

    # fetch.sh: store key router is_vson ssl_config
    found = run("venice-client", "fetch", "test-store", "1", venice.router, "false", "")
    assert "val1" in found.stdout
    assert "val100" in run("venice-client", "fetch", "test-store", "100", venice.router, "false", "").stdout
    missing = run("venice-client", "fetch", "test-store", "101", venice.router, "false", "", check=False)
    assert "val" not in missing.stdout

    got = run("venice-client", "get", "--router", venice.router, "--store", "test-store", "--key", "1")
    assert json.loads(got.stdout) == "val1" or "val1" in got.stdout
    assert run("venice-client", "get", "--router", venice.router, "--store", "test-store", "--key", "101",
               check=False).returncode == 3

"""Every service as its own process, started with Venice's properties files; the log and the tree are processes too."""
import json
import socket
import subprocess
import time

import pytest

from harness import BIN, CLUSTER, http, pairs, run, wait_until, write_avro


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Fleet:
    def __init__(self, folder):
        self.folder = folder
        self.processes = {}

    def start(self, name, *words):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([BIN / words[0], *map(str, words[1:])], stdout=log, stderr=log)
        log.close()

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self):
        for process in reversed(self.processes.values()):
            process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"{name} did not stop on SIGTERM\n{self.log(name)}") from None


@pytest.fixture
def fleet(tmp_path):
    fleet = Fleet(tmp_path)
    try:
        for name in ("zookeeper", "kafka"):
            fleet.start(name, f"embedded-{name}", "--data-dir", tmp_path / name, "--port-file", tmp_path / f"{name}.port")

        def address(name):
            file = tmp_path / f"{name}.port"
            wait_until(lambda: file.exists() and file.read_text().strip(), 20, f"{name} listens")
            return f"127.0.0.1:{file.read_text().strip()}"

        common = (f"cluster.name={CLUSTER}\nzookeeper.address={address('zookeeper')}\nkafka.zk.address={address('zookeeper')}\n"
                  f"kafka.bootstrap.servers={address('kafka')}\nkafka.linger.ms=0\n")
        (tmp_path / "cluster.properties").write_text(common)
        fleet.controller_port, fleet.router_port = free_port(), free_port()
        (tmp_path / "controller.properties").write_text(
            f"admin.port={fleet.controller_port}\ncontroller.name=venice-controller\ndefault.replica.factor=2\n"
            f"kafka.replication.factor=1\ndefault.partition.count=3\ncluster.to.d2={CLUSTER}:router-d2\n"
            f"cluster.to.server.d2={CLUSTER}:server-d2\n")
        (tmp_path / "router.properties").write_text(
            f"listener.port={fleet.router_port}\nsslToStorageNodes=false\ncluster.to.d2={CLUSTER}:router-d2\n"
            f"cluster.to.server.d2={CLUSTER}:server-d2\nrouter.storage.node.client.type=APACHE_HTTP_ASYNC_CLIENT\n")
        fleet.start("controller", "venice-controller", tmp_path / "cluster.properties", tmp_path / "controller.properties",
                    "--listen", "127.0.0.1")
        fleet.url = f"http://127.0.0.1:{fleet.controller_port}"

        def leads():
            try:
                return http(f"{fleet.url}/leader_controller?cluster_name={CLUSTER}")[0] == 200
            except OSError:
                return False

        wait_until(leads, 30, "the controller leads")
        for number in (1, 2):
            (tmp_path / f"server-{number}.properties").write_text(
                f"listener.port={free_port()}\nlistener.hostname=127.0.0.1\ndata.base.path={tmp_path}/data-{number}\n"
                "persistence.type=ROCKS_DB\nserver.partition.graceful.drop.time.in.seconds=0\n")
            fleet.start_server = lambda n: fleet.start(f"server-{n}", "venice-server", tmp_path / "cluster.properties",
                                                       tmp_path / f"server-{n}.properties")
            fleet.start_server(number)
        fleet.start("router", "venice-router", tmp_path / "cluster.properties", tmp_path / "router.properties")
        wait_until(lambda: len(json.loads(run("venice-admin-tool", "list-storage-nodes", "--url", fleet.url, "--cluster",
                                              CLUSTER).stdout)["nodes"]) == 2, 30, "two servers")
        yield fleet
    except AssertionError:
        for name in fleet.processes:
            print(f"--- {name}\n{fleet.log(name)}")
        raise
    finally:
        fleet.stop()


def test_push_read_and_a_server_killed(fleet, tmp_path):
    (tmp_path / "string.avsc").write_text('"string"')
    run("venice-admin-tool", "--new-store", "--url", fleet.url, "--cluster", CLUSTER, "--store", "s",
        "--key-schema-file", tmp_path / "string.avsc", "--value-schema-file", tmp_path / "string.avsc")
    records = pairs(2000, "v")
    (tmp_path / "job.properties").write_text(
        f"venice.discover.urls={fleet.url}\nvenice.store.name=s\n"
        f"input.path={write_avro(tmp_path / 'in.avro', records)}\npoll.job.status.interval.ms=100\n")
    run("venice-push-job", tmp_path / "job.properties")

    router = f"http://127.0.0.1:{fleet.router_port}"

    def read(key):
        return http(f"{router}/storage/s/{key}?f=string")[0]

    wait_until(lambda: read("key-000001") == 200, 30, "the version served")
    for record in records[::50]:
        assert read(record["key"]) == 200
    # Both replicas of everything are there: one server can go, without a warning, and no read fails.
    wait_until(lambda: '"readyToServe":true' in http(f"{router}/resource_state/s_v1")[2].decode().replace(" ", ""), 30,
               "all replicas ready")
    wait_until(lambda: http(f"{router}/resource_state/s_v1")[2].count(b"COMPLETED") == 6, 30, "six replicas completed")
    fleet.processes["server-1"].kill()
    fleet.processes["server-1"].wait()
    started = time.monotonic()
    for record in records[::20]:
        assert read(record["key"]) == 200, record
    assert time.monotonic() - started < 30
    fleet.start_server(1)
    report = json.loads(run("venice-admin-tool", "verify-version", "--url", fleet.url, "--store", "s", "--version", "1",
                            check=False).stdout or "{}")
    assert report.get("replicas")

"""The one list of cases: every client against every server."""

import os
import subprocess

import pytest

import cases
import drivers
import servers


@pytest.mark.parametrize("driver", [drivers.Kazoo, drivers.ZkCli], ids=lambda driver: driver.name)
def test_list(server, driver):
    failures = []
    client = None
    for name, steps in cases.CASES.items():
        # A connection of its own, so that addauth of one case does not help the next; zkCli starts slowly and keeps
        # the one it has.
        if client is None or driver is drivers.Kazoo:
            if client is not None:
                client.close()
            client = driver(server.address, "/list-%s-%s" % (driver.name, name))
        else:
            client.root = "/list-%s-%s" % (driver.name, name)
            client.command("create %s ''" % client.root)
        for number, (operation, *arguments, expected) in enumerate(steps, 1):
            result = client.run(operation, *arguments)
            expected = cases.fill(expected)
            if isinstance(expected, dict) and isinstance(result, dict):
                result = {key: result.get(key) for key in expected}
            if expected is not cases.ANY and result != expected:
                failures.append("%s, step %d: %s%r gave %r, not %r" % (name, number, operation, tuple(arguments), result,
                                                                     expected))
    client.close()
    assert not failures, "\n".join(failures)


def test_c_client(server):
    """The C client's list is the test binary of src/zk; here it runs against this server."""
    environment = dict(os.environ, VENICE_TEST_ZOOKEEPER=server.address)
    subprocess.run([servers.BIN / "zk_test", "--gtest_brief=1"], env=environment, check=True, timeout=120)


def test_persistent_watches_of_zkcli(server):
    root = "/zkcli-watches"
    watching, writing = drivers.ZkCli(server.address, root), drivers.ZkCli(server.address, root)
    watching.command("addWatch -m PERSISTENT " + root)
    for command in ("set %s x", "set %s y", "create %s/a 1", "set %s/a 2", "delete %s/a"):
        writing.command(command % root)
    servers.wait_until(lambda: len(watching.events) == 4)
    kinds = [event.split("type:")[1].split(" ")[0] for event in watching.events]
    assert kinds == ["NodeDataChanged", "NodeDataChanged", "NodeChildrenChanged", "NodeChildrenChanged"]

    watching.events.clear()
    watching.command("removewatches " + root)
    watching.command("addWatch -m PERSISTENT_RECURSIVE " + root)
    for command in ("create %s/a 1", "create %s/a/b 2", "set %s/a/b 3", "deleteall %s/a"):
        writing.command(command % root)
    servers.wait_until(lambda: len([event for event in watching.events if "Deleted" in event]) == 2)
    assert [event.split("type:")[1].replace(" path:" + root, " ") for event in watching.events
            if "WatchRemoved" not in event] == [
        "NodeCreated /a", "NodeCreated /a/b", "NodeDataChanged /a/b", "NodeDeleted /a/b", "NodeDeleted /a"]
    watching.close()
    writing.close()


def test_four_letter_words(server):
    assert servers.four_letter_word(server.port, "ruok") == "imok"
    status = servers.four_letter_word(server.port, "srvr")
    assert status.startswith("Zookeeper version: 3.8.0") and "Mode: standalone" in status and "Zxid: 0x" in status
    monitor = dict(line.split("\t") for line in servers.four_letter_word(server.port, "mntr").splitlines())
    assert monitor["zk_server_state"] == "standalone"
    for key in ("zk_znode_count", "zk_watch_count", "zk_ephemerals_count", "zk_num_alive_connections",
                "zk_packets_received", "zk_packets_sent", "zk_outstanding_requests", "zk_approximate_data_size"):
        assert int(monitor[key]) >= 0, key
    assert "clientPort=%d" % server.port in servers.four_letter_word(server.port, "conf")

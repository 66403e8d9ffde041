"""Helix's own Java classes and ours in one cluster: each side as controller, participant, admin and spectator."""

import json
import time

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError

import peers

pytestmark = pytest.mark.skipif(not peers.java_available(), reason="needs java and mvn: scripts/install-packages --tests")

CLUSTER = "venice-cluster"
RESOURCE = "store_v1"


@pytest.fixture(scope="module", autouse=True)
def java():
    peers.build_java()


@pytest.fixture
def world(tmp_path):
    running = peers.Peers(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def tree(world):
    client = KazooClient(world.address)
    client.start(timeout=30)
    yield Tree(client)
    client.stop()
    client.close()


class Tree:
    def __init__(self, client):
        self.client = client

    # A controller removes nodes while we look: to ask whether one is there first would say nothing about the next call.
    def record(self, path):
        try:
            data, _ = self.client.get(path)
        except NoNodeError:
            return None
        return json.loads(data) if data else None

    def children(self, path):
        try:
            return self.client.get_children(path)
        except NoNodeError:
            return []

    def paths(self, root):
        found = [root]
        for child in self.children(root):
            found += self.paths(root + "/" + child)
        return sorted(found)

    def states(self, resource=RESOURCE):
        record = self.record("/%s/EXTERNALVIEW/%s" % (CLUSTER, resource))
        return record["mapFields"] if record else {}

    def pending(self):
        instances = self.children("/%s/INSTANCES" % CLUSTER)
        return sum(len(self.children("/%s/INSTANCES/%s/MESSAGES" % (CLUSTER, i))) for i in instances)

    def converged(self, partitions, replicas, resource=RESOURCE):
        states = self.states(resource)
        return (len(states) == partitions and self.pending() == 0 and all(
            sorted(of.values()) == ["LEADER"] + ["STANDBY"] * (replicas - 1) for of in states.values()))


def await_true(condition, limit_s=60):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "condition not met within %s s" % limit_s
        time.sleep(0.02)


def name(i):
    return "localhost_%d" % (1690 + i)


def drop_and_check(world, tree, participants):
    world.act("drop-resource", CLUSTER, RESOURCE)
    await_true(lambda: tree.states() == {} and tree.pending() == 0)
    for peer in participants:
        assert any(to == "DROPPED" for _, _, to in peer.transitions())


def check_order(peer):
    """Every partition walks along the model, one hop at a time."""
    at = {}
    for partition, start, end in peer.transitions():
        assert at.get(partition, "OFFLINE") == start, (partition, start, end)
        assert (start, end) in {("OFFLINE", "STANDBY"), ("STANDBY", "LEADER"), ("LEADER", "STANDBY"),
                                ("STANDBY", "OFFLINE"), ("OFFLINE", "DROPPED")}
        at[partition] = "OFFLINE" if end == "DROPPED" else end


def test_java_admin_and_spectator_read_our_cluster(world, tree):
    world.act("create", CLUSTER, RESOURCE, 3, 2)
    world.ours("controller", CLUSTER, "ctrl_1576")
    for i in range(3):
        world.ours("participant", CLUSTER, name(i))
    await_true(lambda: tree.converged(3, 2))
    await_true(lambda: len((tree.record("/%s/CUSTOMIZEDVIEW/OFFLINE_PUSH/%s" % (CLUSTER, RESOURCE)) or
                            {"mapFields": {}})["mapFields"]) == 3)
    found = world.inspect(CLUSTER, RESOURCE)
    assert CLUSTER in found["clusters"]  # Helix lists a cluster only when it is set up completely
    assert sorted(found["instances"]) == [name(i) for i in range(3)]
    assert found["resources"] == [RESOURCE]
    assert found["ideal_valid"]
    assert found["model_same"]
    for i in range(3):
        assert found["enabled"][name(i)] == "true localhost:%d ENABLE" % (1690 + i)
    assert [entry.split()[0] for entry in found["live"]] == [name(i) for i in range(3)]
    assert all(entry.endswith("true") for entry in found["live"])
    states = tree.states()
    for partition, routes in found["routes"].items():
        for state in ("LEADER", "STANDBY"):
            assert routes[state] == sorted(i for i, s in states[partition].items() if s == state)
        assert routes["COMPLETED"] == sorted(states[partition])


def test_our_participants_under_the_java_controller(world, tree):
    world.act("create", CLUSTER, RESOURCE, 4, 3)
    world.java("controller", CLUSTER, "java_1576")
    ours = [world.ours("participant", CLUSTER, name(i)) for i in range(4)]
    await_true(lambda: tree.converged(4, 3))
    world.act("enable", CLUSTER, name(0), "false")
    await_true(lambda: all(of.get(name(0)) != "LEADER" for of in tree.states().values()) and tree.pending() == 0)
    world.act("enable", CLUSTER, name(0), "true")
    await_true(lambda: tree.converged(4, 3))
    ours[3].kill()
    await_true(lambda: all(name(3) not in of for of in tree.states().values()) and tree.converged(4, 3))
    drop_and_check(world, tree, ours[:3])
    for peer in ours[:3]:
        check_order(peer)
    assert tree.children("/%s/CONTROLLER/ERRORS" % CLUSTER) == []


def test_java_participants_under_our_controller(world, tree):
    world.act("create", CLUSTER, RESOURCE, 4, 2)
    world.ours("controller", CLUSTER, "ctrl_1576")
    java = [world.java("participant", CLUSTER, name(i)) for i in range(2)]
    ours = [world.ours("participant", CLUSTER, name(2))]

    def balanced():
        leaders = [i for of in tree.states().values() for i, state in of.items() if state == "LEADER"]
        return tree.converged(4, 2) and all(leaders.count(name(i)) <= 2 for i in range(3))
    await_true(balanced)  # the participants came one after the other, so leadership moved in between
    java[0].stop()
    await_true(lambda: all(name(0) not in of for of in tree.states().values()) and tree.converged(4, 2))
    drop_and_check(world, tree, java[1:] + ours)
    for peer in java + ours:
        check_order(peer)


def test_controllers_of_both_kinds_take_turns(world, tree):
    world.act("create", CLUSTER, RESOURCE, 4, 2)
    first = world.java("controller", CLUSTER, "java_1576")
    for i in range(3):
        world.ours("participant", CLUSTER, name(i))
    await_true(lambda: tree.converged(4, 2))
    first.stop()
    second = world.ours("controller", CLUSTER, "ctrl_1576")
    world.act("add-resource", CLUSTER, "other_v1", 2, 3)
    await_true(lambda: tree.converged(2, 3, "other_v1") and tree.converged(4, 2))
    second.stop()
    world.java("controller", CLUSTER, "java_1577")
    world.act("drop-resource", CLUSTER, "other_v1")
    await_true(lambda: tree.states("other_v1") == {} and tree.converged(4, 2))


def test_our_records_are_those_that_java_writes(world, tree):
    """The same acts by both sides in two clusters; every record must be equal but for names, times and sessions."""
    java, ours = "made-by-java", "made-by-us"
    world.java_act("create", java, RESOURCE, 2, 2).wait_for("created")
    world.act("create", ours, RESOURCE, 2, 2)

    assert tree.record("/%s/STATEMODELDEFS/LeaderStandby" % ours) == tree.record(
        "/%s/STATEMODELDEFS/LeaderStandby" % java)
    ideal_java, ideal_ours = (tree.record("/%s/IDEALSTATES/%s" % (c, RESOURCE)) for c in (java, ours))
    assert ideal_ours["listFields"] == ideal_java["listFields"]
    assert ideal_ours["mapFields"] == ideal_java["mapFields"]
    only_java = {k: v for k, v in ideal_java["simpleFields"].items() if ideal_ours["simpleFields"].get(k) != v}
    assert only_java == {}, only_java
    assert set(ideal_ours["simpleFields"]) == set(ideal_java["simpleFields"])
    config_java, config_ours = (tree.record("/%s/CONFIGS/CLUSTER/%s" % (c, c)) for c in (java, ours))
    assert config_ours["simpleFields"] == config_java["simpleFields"]
    history_java, history_ours = (tree.record("/%s/CONTROLLER/HISTORY" % c) for c in (java, ours))
    assert history_ours["id"] == history_java["id"]

    def layout(cluster):
        return {p.replace(cluster, "C") for p in tree.paths("/" + cluster)}
    missing = {p for p in layout(java) - layout(ours)
               if "/STATEMODELDEFS/" not in p and p not in ("/C/CONFIGS/RESOURCE/" + RESOURCE,)}
    assert missing == set(), missing


def test_a_killed_process_is_replaced_without_waiting_for_its_session(world, tree):
    """Ours only: LIVEINSTANCES and LEADER say which process wrote them, and a dead one's successor removes them."""
    world.act("create", CLUSTER, RESOURCE, 2, 1)
    for role, instance in (("controller", "ctrl_1576"), ("participant", name(0))):
        first = world.ours(role, CLUSTER, instance)
        first.kill()
        began = time.monotonic()
        world.ours(role, CLUSTER, instance)
        assert time.monotonic() - began < 6, role  # the session lives for 8 s
    await_true(lambda: tree.converged(2, 1))


def keys_of(record, *parts):
    for part in parts:
        record = record[part]
    return set(record)


def test_live_records_have_the_fields_that_java_writes(world, tree):
    world.act("create", CLUSTER, RESOURCE, 1, 2)
    world.java("participant", CLUSTER, name(0))
    world.ours("participant", CLUSTER, name(1))
    world.java("controller", CLUSTER, "java_1576")
    await_true(lambda: tree.converged(1, 2))
    partition = RESOURCE + "_0"

    def live(i):
        return tree.record("/%s/LIVEINSTANCES/%s" % (CLUSTER, name(i)))

    def current(i):
        root = "/%s/INSTANCES/%s/CURRENTSTATES" % (CLUSTER, name(i))
        (session,) = tree.children(root)
        assert session == live(i)["simpleFields"]["SESSION_ID"]
        return tree.record("%s/%s/%s" % (root, session, RESOURCE))

    assert keys_of(live(0), "simpleFields") - keys_of(live(1), "simpleFields") == set()
    assert keys_of(live(1), "simpleFields") - keys_of(live(0), "simpleFields") == {"VENICE_PROCESS"}
    for field in ("HELIX_VERSION", "CURRENT_TASK_THREAD_POOL_SIZE"):
        assert live(0)["simpleFields"][field] == live(1)["simpleFields"][field]
    assert keys_of(current(0), "simpleFields") == keys_of(current(1), "simpleFields")
    assert keys_of(current(0), "mapFields", partition) == keys_of(current(1), "mapFields", partition)
    config = [tree.record("/%s/CONFIGS/PARTICIPANT/%s" % (CLUSTER, name(i))) for i in range(2)]
    assert keys_of(config[0], "simpleFields") == keys_of(config[1], "simpleFields")
    history = [tree.record("/%s/INSTANCES/%s/HISTORY" % (CLUSTER, name(i))) for i in range(2)]
    assert keys_of(history[0], "simpleFields") == keys_of(history[1], "simpleFields")
    assert keys_of(history[0], "listFields") == keys_of(history[1], "listFields")
    texts = [h["listFields"]["HISTORY"][0] for h in history]
    assert [t.split("=")[0] for t in texts[0].split(", ")] == [t.split("=")[0] for t in texts[1].split(", ")]

    # The leader node and the messages, whose fields the other side relies on.
    leader = tree.record("/%s/CONTROLLER/LEADER" % CLUSTER)
    world.running[-1].stop()  # the Java controller
    await_true(lambda: not tree.children("/%s/CONTROLLER/LEADER" % CLUSTER) and
               tree.record("/%s/CONTROLLER/LEADER" % CLUSTER) is None)
    world.ours("controller", CLUSTER, "ctrl_1576")
    mine = tree.record("/%s/CONTROLLER/LEADER" % CLUSTER)
    assert keys_of(mine, "simpleFields") - {"VENICE_PROCESS"} == keys_of(leader, "simpleFields")
    history = tree.record("/%s/CONTROLLER/HISTORY" % CLUSTER)
    assert history["listFields"][CLUSTER] == ["java_1576", "ctrl_1576"]
    texts = history["listFields"]["HISTORY"]
    assert [t.split("=")[0] for t in texts[0].split(", ")] == [t.split("=")[0] for t in texts[1].split(", ")]


def seen_messages(world, tree, controller_is_java):
    """State transition messages as a controller writes them, caught by a participant that never answers."""
    world.act("create", CLUSTER, RESOURCE, 1, 1)
    world.ours("participant", CLUSTER, name(0)).stop()  # registers the instance
    session = tree.client.client_id[0]
    record = {"id": name(0), "simpleFields": {"SESSION_ID": "%x" % session, "HELIX_VERSION": "1.4.1",
                                              "LIVE_INSTANCE": "1@localhost"}, "mapFields": {}, "listFields": {}}
    tree.client.create("/%s/LIVEINSTANCES/%s" % (CLUSTER, name(0)), json.dumps(record).encode(), ephemeral=True)
    if controller_is_java:
        world.java("controller", CLUSTER, "java_1576")
    else:
        world.ours("controller", CLUSTER, "ctrl_1576")
    root = "/%s/INSTANCES/%s/MESSAGES" % (CLUSTER, name(0))
    await_true(lambda: tree.children(root))
    (message,) = tree.children(root)
    return tree.record(root + "/" + message)


@pytest.fixture
def java_message(tmp_path_factory):
    running = peers.Peers(tmp_path_factory.mktemp("java"))
    client = KazooClient(running.address)
    client.start(timeout=30)
    yield seen_messages(running, Tree(client), True)
    client.stop()
    client.close()
    running.stop()


def test_messages_have_the_fields_that_java_writes(world, tree, java_message):
    ours = seen_messages(world, tree, False)
    varying = {"MSG_ID", "CREATE_TIMESTAMP", "SRC_NAME", "SRC_SESSION_ID", "TGT_SESSION_ID", "ClusterEventName"}
    assert set(java_message["simpleFields"]) - set(ours["simpleFields"]) == set()
    assert set(ours["simpleFields"]) - set(java_message["simpleFields"]) == set()
    for field in set(ours["simpleFields"]) - varying:
        assert ours["simpleFields"][field] == java_message["simpleFields"][field], field
    assert java_message["mapFields"] == ours["mapFields"] and java_message["listFields"] == ours["listFields"]

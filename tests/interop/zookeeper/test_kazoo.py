"""What one connection's list cannot show: watches, sessions, access between users, transactions, recipes. Every test
runs against both servers."""

import threading
import time

import kazoo.client
import kazoo.exceptions
import kazoo.protocol.states
import kazoo.security
import pytest

from servers import wait_until

EVENT = kazoo.protocol.states.EventType


@pytest.fixture
def connect(server, root):
    clients = []

    def make(**options):
        client = kazoo.client.KazooClient(hosts=server.address, timeout=4, **options)
        client.start(timeout=20)
        clients.append(client)
        return client

    first = make()
    first.delete(root, recursive=True) if first.exists(root) else None
    first.create(root)
    make.first = first
    yield make
    for client in clients:
        client.stop()
        client.close()


@pytest.fixture
def client(connect):
    return connect.first


class Events(list):
    """A watcher that remembers; kazoo keeps watchers in sets, and takes a false one for none."""

    __hash__ = object.__hash__

    def __bool__(self):
        return True

    def __call__(self, event):
        if event.type != EVENT.NONE:  # the connection's own ups and downs
            self.append((event.type, event.path))


def break_connection(client):
    """As a network that drops the TCP connection: the session stays."""
    client._connection._socket.shutdown(2)


def test_watches_fire_once_and_in_order(client, connect, root):
    other, events = connect(), Events()
    assert client.exists(root + "/a", watch=events) is None
    client.get_children(root, watch=events)
    other.create(root + "/a", b"")
    wait_until(lambda: len(events) == 2)
    assert events == [(EVENT.CREATED, root + "/a"), (EVENT.CHILD, root)]
    client.get(root + "/a", watch=events)
    client.get_children(root + "/a", watch=events)
    other.set(root + "/a", b"1")
    other.set(root + "/a", b"2")
    wait_until(lambda: len(events) == 3)
    assert events[2:] == [(EVENT.CHANGED, root + "/a")]
    client.get(root + "/a", watch=events)
    other.delete(root + "/a")
    # The node had a data watch and a child watch: one event of the server, of which kazoo tells both.
    wait_until(lambda: len(events) >= 5)
    client.sync(root)
    assert events[3:] == [(EVENT.DELETED, root + "/a")] * 2


def test_own_write_is_heard_before_it_is_answered(client, root):
    events = Events()
    client.get(root, watch=events)
    client.set(root, b"x")
    wait_until(lambda: events == [(EVENT.CHANGED, root)])


def test_failed_multi_tells_nobody(client, root):
    events = Events()
    client.get(root, watch=events)
    client.exists(root + "/a", watch=events)
    transaction = client.transaction()
    transaction.set_data(root, b"x")
    transaction.create(root + "/a", b"")
    transaction.check(root, version=17)
    transaction.delete(root)
    results = transaction.commit()
    assert [type(result) for result in results] == [
        kazoo.exceptions.RolledBackError, kazoo.exceptions.RolledBackError, kazoo.exceptions.BadVersionError,
        kazoo.exceptions.RuntimeInconsistency]
    assert client.get(root)[0] == b"" and client.get(root)[1].version == 0
    client.create(root + "/b", b"")
    assert client.exists(root).cversion == 1
    assert events == []


def test_multi_sees_its_own_steps(client, root):
    transaction = client.transaction()
    transaction.create(root + "/a", b"1")
    transaction.create(root + "/a/s-", b"", sequence=True)
    transaction.set_data(root + "/a", b"2", version=0)
    transaction.delete(root + "/a/s-0000000000")
    transaction.delete(root + "/a", version=1)
    transaction.create(root + "/a", b"3")
    results = transaction.commit()
    assert results[:2] == [root + "/a", root + "/a/s-0000000000"] and results[5] == root + "/a"
    data, stat = client.get(root + "/a")
    assert (data, stat.version, stat.cversion, stat.czxid) == (b"3", 0, 0, stat.mzxid)


def test_ephemerals_end_with_the_session(client, connect, root):
    other, events = connect(), Events()
    for name in "abc":
        other.create(root + "/" + name, b"", ephemeral=True)
    client.get_children(root, watch=events)
    client.get(root + "/b", watch=events)
    other.stop()
    wait_until(lambda: client.get_children(root) == [])
    wait_until(lambda: len(events) == 2)
    assert sorted(events) == sorted([(EVENT.CHILD, root), (EVENT.DELETED, root + "/b")])


def test_reconnection_keeps_the_session(client, connect, root):
    """Watches too, but kazoo does not ask for them again; the C client's list has that."""
    session = client.client_id
    client.create(root + "/e", b"", ephemeral=True)
    lost = threading.Event()
    client.add_listener(lambda state: lost.set())
    break_connection(client)
    assert lost.wait(20)
    wait_until(lambda: client.connected)
    assert client.client_id == session
    assert client.exists(root + "/e").ephemeralOwner == session[0]


def test_two_connections_cannot_share_a_session(client, connect, root):
    session = client.client_id
    client.create(root + "/e", b"", ephemeral=True)
    lost = threading.Event()
    client.add_listener(lambda state: lost.set())
    thief = connect(client_id=session)
    assert thief.client_id[0] == session[0]
    assert thief.retry(thief.exists, root + "/e").ephemeralOwner == session[0]
    assert lost.wait(20)


def test_wrong_password_gets_a_new_session(client, connect, root):
    session = client.client_id
    impostor = connect(client_id=(session[0], b"\0" * 16))
    wait_until(lambda: impostor.client_id is not None)
    assert impostor.client_id[0] != session[0]
    assert client.retry(client.exists, root)


def test_unattended_session_expires(server, connect, client, root):
    """A client that holds its socket and says nothing."""
    import socket
    import struct
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        request = struct.pack(">iqiqi16s?", 0, 0, 1500, 0, 16, b"", False)
        silent.sendall(struct.pack(">i", len(request)) + request)
        length, = struct.unpack(">i", silent.recv(4))
        reply = b""
        while len(reply) < length:
            reply += silent.recv(length - len(reply))
        _, timeout, session, _, _ = struct.unpack(">iiqi16s", reply[:36])
        assert 1000 <= timeout <= 2000 and session != 0
        path = (root + "/silent").encode()
        create = struct.pack(">ii", 1, 1) + struct.pack(">i", len(path)) + path + struct.pack(">i", 0)
        create += struct.pack(">ii", 1, 31) + struct.pack(">i5si6s", 5, b"world", 6, b"anyone") + struct.pack(">i", 1)
        silent.sendall(struct.pack(">i", len(create)) + create)
        wait_until(lambda: client.exists(root + "/silent"))
        started = time.monotonic()
        wait_until(lambda: not client.exists(root + "/silent"))
        assert time.monotonic() - started > timeout / 1000 * 0.5


def test_access_lists_are_enforced(client, connect, root):
    alice = connect(auth_data=[("digest", "alice:a")])
    bob = connect(auth_data=[("digest", "bob:b")])
    both = [kazoo.security.make_digest_acl("alice", "a", all=True), kazoo.security.make_digest_acl("bob", "b", read=True)]
    alice.create(root + "/n", b"x", acl=both)
    assert bob.get(root + "/n")[0] == b"x"
    for refused in (lambda: bob.set(root + "/n", b"y"), lambda: bob.create(root + "/n/c", b""),
                    lambda: bob.set_acls(root + "/n", both), lambda: client.get(root + "/n"),
                    lambda: client.get_children(root + "/n"), lambda: client.get_acls(root + "/n")):
        with pytest.raises(kazoo.exceptions.NoAuthError):
            refused()
    assert client.exists(root + "/n") is not None  # existence is no secret
    assert [acl.id.id.endswith(":x") for acl in bob.get_acls(root + "/n")[0]] == [True, True]
    assert alice.get_acls(root + "/n")[0] == both
    alice.create(root + "/n/c", b"")
    with pytest.raises(kazoo.exceptions.NoAuthError):
        bob.delete(root + "/n/c")
    alice.delete(root + "/n/c")
    with pytest.raises(kazoo.exceptions.InvalidACLError):
        client.create(root + "/bad", b"", acl=[kazoo.security.ACL(31, kazoo.security.Id("nonsense", "x"))])
    transaction = bob.transaction()
    transaction.set_data(root + "/n", b"z")
    assert isinstance(transaction.commit()[0], kazoo.exceptions.NoAuthError)


def test_node_size_limit_closes_the_connection(client, root):
    session = client.client_id
    client.create(root + "/large", b"x" * 1_000_000)
    assert len(client.get(root + "/large")[0]) == 1_000_000
    with pytest.raises(kazoo.exceptions.KazooException):
        client.set(root + "/large", b"y" * 1_100_000)
    wait_until(lambda: client.connected)
    assert client.client_id == session
    assert client.retry(client.get, root + "/large")[0][:1] == b"x"


def test_include_data_of_create(client, root):
    path, stat = client.create(root + "/c2", b"data", include_data=True)
    assert path == root + "/c2" and stat.dataLength == 4 and stat.czxid == stat.mzxid
    path, stat = client.create(root + "/c2-", b"", sequence=True, include_data=True)
    assert path == root + "/c2-0000000001"


def test_recipes(client, connect, root):
    other = connect()
    lock, rival = client.Lock(root + "/lock", "one"), other.Lock(root + "/lock", "two")
    assert lock.acquire(timeout=10)
    assert not rival.acquire(blocking=False)
    won = threading.Event()
    threading.Thread(target=lambda: rival.acquire(timeout=20) and won.set()).start()
    wait_until(lambda: len(lock.contenders()) == 2)
    lock.release()
    assert won.wait(20)
    rival.release()

    queue = client.Queue(root + "/queue")
    for item in (b"1", b"2", b"3"):
        queue.put(item)
    assert [other.Queue(root + "/queue").get() for _ in range(3)] == [b"1", b"2", b"3"]

    counter = client.Counter(root + "/counter")
    counter += 5
    assert other.Counter(root + "/counter").value == 5

    seen = []
    client.ensure_path(root + "/watched")
    client.ChildrenWatch(root + "/watched", lambda children: seen.append(sorted(children)))
    for name in "abc":
        other.create(root + "/watched/" + name, b"")
    wait_until(lambda: seen and seen[-1] == ["a", "b", "c"])

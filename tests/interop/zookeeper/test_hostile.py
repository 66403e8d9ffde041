"""Bytes no client would send: the connection ends, the server does not, and others are served meanwhile."""

import random
import socket
import struct

import kazoo.client
import pytest

import servers
from servers import wait_until

CONNECT = struct.pack(">iqiqi16s?", 0, 0, 10000, 0, 16, b"", False)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    server = servers.Embedded(tmp_path_factory.mktemp("hostile"))
    yield server
    assert server.process.poll() is None, "the server died with %s" % server.process.returncode
    server.stop()


def dial(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def frame(body):
    return struct.pack(">i", len(body)) + body


def handshake(connection):
    connection.sendall(frame(CONNECT))
    reply = b""
    while len(reply) < 41:
        part = connection.recv(41 - len(reply))
        assert part
        reply += part


def ends(connection):
    """True when the server hangs up."""
    try:
        while connection.recv(65536):
            pass
        return True
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def alive(server):
    assert servers.four_letter_word(server.port, "ruok") == "imok"


@pytest.mark.parametrize("length", [-1, -2**31, 2**31 - 1, 0x100000, 0x474554])
def test_impossible_lengths(embedded, length):
    with dial(embedded) as connection:
        connection.sendall(struct.pack(">i", length) + b"x" * 100)
        assert ends(connection)
    with dial(embedded) as connection:
        handshake(connection)
        connection.sendall(struct.pack(">i", length) + b"x" * 100)
        assert ends(connection)
    alive(embedded)


@pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"quit\n", b"\0" * 64])
def test_other_protocols(embedded, greeting):
    with dial(embedded) as connection:
        connection.sendall(greeting)
        connection.shutdown(socket.SHUT_WR)
        assert ends(connection)
    alive(embedded)


def test_truncated_handshakes(embedded):
    for cut in range(0, len(CONNECT) - 1, 3):
        with dial(embedded) as connection:
            connection.sendall(frame(CONNECT[:cut]))
            if cut < 43:
                assert ends(connection), cut
    alive(embedded)


def test_every_opcode_with_every_truncation(embedded):
    """Each request in every shortened form is answered with an error or an answer, never with silence or a crash."""
    path = struct.pack(">i2s", 2, b"/x")
    acl = struct.pack(">iii5si6s", 1, 31, 5, b"world", 6, b"anyone")
    bodies = {
        1: path + struct.pack(">i", 0) + acl + struct.pack(">i", 0), 2: path + struct.pack(">i", -1), 3: path + b"\0",
        4: path + b"\1", 5: path + struct.pack(">ii", 0, -1), 6: path, 7: path + acl + struct.pack(">i", -1),
        8: path + b"\1", 9: path, 12: path + b"\1", 13: path + struct.pack(">i", 0),
        14: struct.pack(">i?i", 2, False, -1) + path + struct.pack(">i", -1) + struct.pack(">i?i", -1, True, -1),
        15: path + struct.pack(">i", 0) + acl + struct.pack(">i", 0), 17: path + struct.pack(">i", 1),
        18: path + struct.pack(">i", 1), 19: path + struct.pack(">i", 0) + acl + struct.pack(">i", 4),
        21: path + struct.pack(">i", 0) + acl + struct.pack(">iq", 5, 1000),
        22: struct.pack(">i?i", 4, False, -1) + path + b"\0" + struct.pack(">i?i", -1, True, -1),
        100: struct.pack(">ii6si3s", 0, 6, b"digest", 3, b"a:b"), 101: struct.pack(">qiii", 0, 0, 0, 0),
        103: path, 104: path, 105: struct.pack(">qiiiii", 0, 0, 0, 0, 0, 0), 106: path + struct.pack(">i", 1), 107: b"",
        999: b"", -5: b"",
    }
    for opcode, body in bodies.items():
        for cut in range(len(body) + 1):
            with dial(embedded) as connection:
                handshake(connection)
                connection.sendall(frame(struct.pack(">ii", 7, opcode) + body[:cut]))
                head = connection.recv(4)
                assert len(head) in (0, 4), (opcode, cut)
    alive(embedded)


def test_vectors_longer_than_the_request(embedded):
    for count in (2**31 - 1, -2, 1_000_000):
        with dial(embedded) as connection:
            handshake(connection)
            connection.sendall(frame(struct.pack(">iiqi", 1, 101, 0, count) + b"\0" * 8))
            connection.sendall(frame(struct.pack(">iii2si", 2, 1, 2, b"/x", 0) + struct.pack(">i", count)))
            assert struct.unpack(">iiqi", connection.recv(20))[3] == -5
    alive(embedded)


def test_random_bytes(embedded):
    randomness = random.Random(7)
    for _ in range(300):
        with dial(embedded) as connection:
            if randomness.random() < 0.7:
                handshake(connection)
            for _ in range(randomness.randrange(1, 6)):
                body = randomness.randbytes(randomness.randrange(0, 200))
                if randomness.random() < 0.5:
                    body = struct.pack(">ii", 1, randomness.randrange(-12, 110)) + body
                try:
                    connection.sendall(frame(body) if randomness.random() < 0.8 else body)
                except (BrokenPipeError, ConnectionResetError):
                    break
    alive(embedded)


def test_a_client_that_does_not_read_does_not_stop_the_others(embedded):
    client = kazoo.client.KazooClient(hosts=embedded.address, timeout=10)
    client.start(timeout=20)
    client.ensure_path("/big")
    client.set("/big", b"x" * 1_000_000)
    with dial(embedded) as deaf:
        handshake(deaf)
        deaf.settimeout(2)
        request = frame(struct.pack(">iii4s?", 1, 4, 4, b"/big", False))
        try:
            for _ in range(20_000):
                deaf.sendall(request * 100)  # millions of answers of 1 MB, which nobody takes
            raise AssertionError("the server took requests without end")
        except socket.timeout:
            pass
        assert len(client.get("/big")[0]) == 1_000_000
        assert resident_bytes(embedded) < 400 << 20
    client.stop()
    client.close()


def test_half_sent_requests_are_bounded_together(embedded):
    connections = []
    try:
        for _ in range(400):
            connection = dial(embedded)
            connections.append(connection)
            handshake(connection)
            try:
                connection.sendall(struct.pack(">i", 1_000_000) + b"x" * 999_000)
            except (BrokenPipeError, ConnectionResetError):
                pass
        assert resident_bytes(embedded) < 500 << 20
        alive(embedded)
    finally:
        for connection in connections:
            connection.close()


def resident_bytes(server):
    with open("/proc/%d/statm" % server.process.pid) as statm:
        return int(statm.read().split()[1]) * 4096


def test_many_connections_are_refused_not_piled_up(embedded):
    connections = []
    try:
        for _ in range(2100):
            connections.append(dial(embedded))
        wait_until(lambda: ends_now(connections[-1]))
    finally:
        for connection in connections:
            connection.close()
    wait_until(lambda: answers(embedded))


def ends_now(connection):
    connection.settimeout(0.1)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def answers(server):
    try:
        return servers.four_letter_word(server.port, "ruok") == "imok"
    except OSError:
        return False

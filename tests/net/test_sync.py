# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Connections of which BMC has lost track: named, harmless, and forgiven.

While one exists, any key may be written at any time, so nothing is cached
anew; a strict get that is answered exactly brings it back.
"""

import contextlib
import time

import pytest

from harness import text
from harness.sequences import wait_until

LOSES_SYNC = {
    "two spaces": b"set  K 0 0 1\r\nx\r\n",
    "leading space": b" set K 0 0 1\r\nx\r\n",
    "trailing space": b"set K 0 0 1 \r\nx\r\n",
    "leading zero": b"set K 0 0 01\r\nx\r\n",
    "wrapped length": b"set K 0 0 4294967297\r\nx\r\n",
    "unknown command": b"frobnicate K\r\n",
    "bad data chunk": b"set K 0 0 1\r\nxyz\r\n",
    "upper case": b"SET K 0 0 1\r\n",
    "a key of 251 bytes": b"delete " + b"k" * 251 + b"\r\n",
    "NUL in a key": b"delete K\0\r\n",
}


def unsynced(rig):
    return rig.bmc.status()["unsynced"]


def settle(rig, client):
    """memcached has executed everything that client sent: each of its threads, all it had."""
    for _ in range(2 * rig.memcached.threads):  # who get the connections in turn
        with contextlib.closing(rig.new_tcp()) as other:
            other.barrier()
    client.sock.setblocking(False)
    try:
        while client.sock.recv(65536):
            pass
    except BlockingIOError:
        pass
    client.sock.settimeout(5)
    client.buffer = b""


@pytest.fixture
def abuser(rig):
    client = rig.new_tcp()
    yield client
    client.close()


@pytest.mark.needs_bmc
@pytest.mark.parametrize("name", LOSES_SYNC)
def test_a_line_that_is_not_strict_is_noticed_and_forgiven(rig, abuser, key, name):
    rig.set_hot(key, b"value")
    abuser.send(LOSES_SYNC[name].replace(b"K", key))
    settle(rig, abuser)
    wait_until(lambda: len(unsynced(rig)) == 1, name)
    entries = unsynced(rig)
    assert str(abuser.local_port) in str(entries[0])
    assert rig.udp().get(key) == rig.tcp.truth(key)
    assert not rig.is_served(text.get(key), tries=10), "cached while any key may be written"
    # Back: after a short recv, one strict get alone, and exactly its answer.
    for _ in range(3):
        assert abuser.get(b"nothing") is None
    assert unsynced(rig) == []
    rig.set_hot(key, b"value")


@pytest.mark.needs_bmc
def test_a_get_that_hits_forgives_too(rig, abuser, key):
    rig.tcp.set(key, b"value")
    abuser.send(b"bogus line\r\n")
    assert abuser.line() == b"ERROR\r\n"
    assert len(unsynced(rig)) == 1
    for _ in range(3):
        assert abuser.get(key) == b"value"
    assert unsynced(rig) == []


@pytest.mark.needs_bmc
def test_closing_a_connection_forgets_it(rig, key):
    client = rig.new_tcp()
    client.send(b"bogus line\r\n")
    client.line()
    assert len(unsynced(rig)) == 1
    client.close()
    deadline = time.monotonic() + 3
    while unsynced(rig) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert unsynced(rig) == []
    rig.set_hot(key, b"value")


HARMLESS = [b"stats\r\n", b"stats settings\r\n", b"stats items\r\n", b"stats slabs\r\n",
            b"version\r\n", b"mn\r\n", b"me K\r\n", b"verbosity 0\r\n", b"stats conns\r\n",
            b"stats sizes\r\n", b"gets K\r\n", b"get K K K\r\n", b"mg K v f t\r\n",
            b"lru_crawler metadump all\r\n", b"stats reset\r\n"]


@pytest.mark.needs_bmc
@pytest.mark.parametrize("command", HARMLESS, ids=lambda line: line.decode().split("\r")[0])
def test_a_monitoring_client_does_not_silence_the_cache(rig, abuser, key, command):
    rig.set_hot(key, b"value")
    abuser.send(command.replace(b"K", key))
    settle(rig, abuser)
    assert unsynced(rig) == []
    assert rig.is_served(text.get(key))


@pytest.mark.needs_bmc
def test_a_watcher_keeps_its_connection_out_of_idle_but_nothing_else(rig, abuser, key):
    abuser.send(b"watch fetchers\r\n")
    assert abuser.line() == b"OK\r\n"
    rig.set_hot(key, b"value")
    assert rig.is_served(text.get(key))


@pytest.mark.needs_bmc
def test_writes_of_a_lost_connection_are_never_missed(rig, abuser, key):
    abuser.send(b"bogus line\r\n")
    abuser.line()
    for number in range(100):
        abuser.set(key, b"%d" % number)
        assert rig.udp().get(key) == b"%d" % number


def test_a_port_scanner_does_no_harm(rig, key):
    rig.set_hot(key, b"value")
    for garbage in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03",
                    b"\0" * 100, b"\xff" * 100, b"SSH-2.0-x\r\n", b"A" * 3000, b"\n\n\n\n"):
        client = rig.new_tcp()
        client.send(garbage)
        time.sleep(0.01)
        assert rig.udp().get(key) == b"value"
        client.close()
    time.sleep(0.05)
    rig.make_hot(key)


def test_an_idle_connection_does_no_harm(rig, key):
    clients = [rig.new_tcp() for _ in range(50)]
    rig.set_hot(key, b"value")
    assert rig.udp().get(key) == b"value"
    for client in clients:
        client.close()


def test_hundreds_of_connections_are_followed(rig, key):
    clients = [rig.new_tcp() for _ in range(300)]
    rig.set_hot(key, b"value")
    for number, client in enumerate(clients):
        client.set(key, b"%d" % number)
        assert rig.udp().get(key) == b"%d" % number
    for client in clients:
        client.close()

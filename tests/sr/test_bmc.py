# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""BMC in front of a memcached with many UDP sockets: it serves, and misses no write."""

import contextlib

import pytest

from harness import text, workers
from harness.rig import Rig

THREADS = 4
CLIENTS = 64  # one of four sockets stays without a client once in 25 million times


@pytest.fixture(scope="module")
def spread_rig(bmc_binary, sr):
    with contextlib.closing(Rig(bmc_binary, threads=THREADS, program=sr)) as made:
        yield made


@pytest.fixture
def clients(spread_rig):
    with contextlib.ExitStack() as undo:
        yield [undo.enter_context(contextlib.closing(spread_rig.new_udp()))
               for _ in range(CLIENTS)]


def test_the_rig_has_a_socket_for_each_thread(spread_rig):
    rig = spread_rig
    sockets = workers.udp_sockets(rig.topology.server, rig.memcached.pid)
    assert [len(inodes) for inodes in sockets.values()] == [THREADS, THREADS]


@pytest.mark.needs_bmc
def test_a_get_of_any_client_is_served_in_the_kernel(spread_rig, key, clients):
    spread_rig.set_hot(key, b"value")
    expected = text.value_reply(key, b"value")
    for client in clients:
        assert client.request(text.get(key)) == expected  # memcached has answered it once
        assert spread_rig.is_served(text.get(key), client=client)


def test_a_write_to_each_socket_drops_what_is_cached(spread_rig, key, clients):
    rig = spread_rig
    before = workers.wakeups(rig.memcached.pid)
    rig.set_hot(key, b"first")
    for number, client in enumerate(clients):
        rig.make_hot(key)
        value = b"by client %d" % number
        assert client.request(text.store("set", key, value)) == b"STORED\r\n"
        for asking in (client, rig.udp(), rig.udp(6)):
            assert asking.get(key) == value
        assert rig.tcp.truth(key) == value
    counts = [after - was for was, after in zip(before, workers.wakeups(rig.memcached.pid))]
    assert min(counts) > 0, f"a thread received nothing: {counts}"


@pytest.mark.parametrize("request_line, after", [
    (b"delete K\r\n", None), (b"touch K -1\r\n", None), (b"set K 0 0 3\r\nnew\r\n", b"new"),
    (b"append K 0 0 1\r\n0\r\n", b"1000"), (b"cas K 0 0 1 1\r\nx\r\n", b"100"),
    (b"add K 0 0 1\r\nx\r\n", b"100"), (b"ms K 3\r\nnew\r\n", b"new"), (b"md K\r\n", None)],
    ids=lambda value: value.split()[0].decode() if value and b"K" in value else "")
def test_a_write_to_any_socket_is_over_when_it_is_answered(
        spread_rig, key, clients, request_line, after):
    """The key is cached again although the socket receives nothing more."""
    for client in clients[:24]:
        spread_rig.tcp.set(key, b"100")
        spread_rig.make_hot(key)
        client.request(request_line.replace(b"K", key))
        assert spread_rig.udp().get(key) == after
        assert spread_rig.tcp.truth(key) == after


def end_write(client):
    """What is not answered by a fixed word counts as under way until its thread asks for the
    next datagram of its socket (docs/coherence.md 2)."""
    client.request(b"mn\r\n")


@pytest.mark.parametrize("request_line, after", [
    (b"incr K 1\r\n", b"101"), (b"mg K T-1\r\n", None),
    (b"set K 0 0 1\r\na\r\nset K 0 0 1\r\nb\r\n", b"b")], ids=["incr", "mg", "two"])
def test_other_writes_to_each_socket_drop_what_is_cached(
        spread_rig, key, clients, request_line, after):
    for client in clients[:24]:
        spread_rig.tcp.set(key, b"100")
        spread_rig.make_hot(key)
        client.request(request_line.replace(b"K", key))
        while spread_rig.tcp.truth(key) != after:  # two commands are answered one by one
            pass
        assert spread_rig.udp().get(key) == after
        end_write(client)


def test_quiet_writes_to_each_socket_do_too(spread_rig, key, clients):
    rig = spread_rig
    for number, client in enumerate(clients):
        rig.set_hot(key, b"first")
        client.send(text.store("set", key, b"new-%d" % number, noreply=True))
        while rig.tcp.truth(key) != b"new-%d" % number:
            pass
        assert rig.udp().get(key) == b"new-%d" % number
        end_write(client)


@pytest.mark.needs_bmc
def test_nothing_is_out_of_sync_and_no_process_rivals(spread_rig):
    assert spread_rig.bmc.status()["unsynced"] == []
    assert "bound over UDP by other processes" not in spread_rig.bmc.log()


@pytest.mark.needs_bmc
def test_a_successor_with_as_many_sockets_is_served_for(make_rig, sr, key):
    rig = make_rig(threads=THREADS, program=sr)
    rig.set_hot(key, b"old")
    rig.memcached.stop()
    rig.forget_tcp()
    rig.memcached.start()
    rig.bmc.wait_until_serving()
    assert rig.udp().get(key) is None
    rig.set_hot(key, b"new")
    assert rig.udp().get(key) == b"new"

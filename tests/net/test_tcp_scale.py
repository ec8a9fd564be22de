# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Gets over TCP on many connections: short ones, more than fit the table, and idle ones.

BMC_TCP_FLOWS (default 2000) is how many connections are open at once, at most 60,000.
BMC_TCP_IDLE_S (default 12) is how long some are left alone, in seconds; from 130 on,
what is kept of closed connections has to be gone by then.
"""

import contextlib
import errno
import os
import socket
import struct
import time

import pytest

from harness import topology
from harness.crowd import Crowd, allow_descriptors, allow_ports
from harness.peer import value
from harness.rig import Rig
from harness.tcp import TcpClient

pytestmark = pytest.mark.needs_bmc

FLOWS = int(os.environ.get("BMC_TCP_FLOWS", "2000"))
IDLE_S = float(os.environ.get("BMC_TCP_IDLE_S", "12"))
LINGER_S = 120 + 5  # BMC_FLOW_LINGER_S, and how often the daemon looks
KEYS = {b"scale%d" % index: b"%d" % index * (1 + index * 7) for index in range(32)}


@contextlib.contextmanager
def many(bmc_binary):
    """A set-up for so many connections, with the keys cached."""
    allow_descriptors(FLOWS + 1024)
    with contextlib.closing(Rig(bmc_binary, hook="tc", options=["--tcp", "on"],
                                memcached=["-c", str(FLOWS + 512)])) as made:
        allow_ports(made.topology.client)
        for key, data in KEYS.items():
            made.tcp.set(key, data)
            made.make_hot(key)
        yield made


@pytest.fixture(scope="module")
def rig(bmc_binary):
    with many(bmc_binary) as made:
        yield made


@pytest.fixture
def fresh_rig(bmc_binary):
    """Of whose table nothing is deleted meanwhile: no connection has ended yet."""
    with many(bmc_binary) as made:
        yield made


def tcp(rig):
    return rig.bmc.stats()["tcp"]


def served(rig):
    return tcp(rig)["counts"]["served"]


def connections(rig):
    """That memcached has: of clients and of the daemon."""
    return len(rig.topology.server.run(
        "ss", "-Htn", "state", "established", f"sport = :{rig.memcached.port}", text=True)
        .stdout.splitlines())


def wait_until_all_are_closed(rig):
    """Of connections that are gone nothing is left but what the daemon will delete."""
    deadline = time.monotonic() + 10
    while (flows := tcp(rig)["flows"])["open"] > connections(rig):
        assert time.monotonic() < deadline, flows
        time.sleep(0.05)
    assert rig.bmc.kept_replies() <= flows["closed"] + flows["translated"]


def begin(crowd):
    """A flow is served some jiffies after its first answer, and the one behind that."""
    crowd.get()
    time.sleep(0.02)
    crowd.get()


def test_ten_thousand_short_connections(rig):
    """One or two gets each, as fast as they come."""
    count, start = 10000, time.monotonic()
    names = list(KEYS.items())
    for turn in range(count):
        client = TcpClient(rig.topology.client, topology.SERVER4, rig.memcached.port)
        for again in range(1 + turn % 2):
            key, data = names[(turn + again) % len(names)]
            client.send(b"get %s\r\n" % key)
            expected = value(key, data)
            assert client.exactly(len(expected)) == expected
        assert client.buffer == b""
        client.close()
    print(f"{count / (time.monotonic() - start):.0f} connections/s")
    wait_until_all_are_closed(rig)


def end_by_fin(sock):
    sock.close()


def end_by_reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def end_by_memcached(sock):
    sock.sendall(b"quit\r\n")
    assert sock.recv(1) == b""
    sock.close()


def wait_until_none_is_kept(rig, seconds):
    deadline = time.monotonic() + seconds
    while (flows := tcp(rig)["flows"])["closed"]:
        assert time.monotonic() < deadline, flows
        time.sleep(0.2)
    assert rig.bmc.kept_replies() <= flows["translated"]


@pytest.mark.parametrize("end", [end_by_fin, end_by_reset, end_by_memcached])
def test_served_connections_that_end_leave_what_will_be_deleted(rig, end):
    before, count, start = served(rig), 2000, time.monotonic()
    for _ in range(10):
        with Crowd(rig, count // 10, KEYS) as crowd:
            begin(crowd)
            crowd.get()
            crowd.get()
            assert crowd.has_no_more()
            for sock in crowd.socks:
                end(sock)
    print(f"{count / (time.monotonic() - start):.0f} connections/s")
    assert served(rig) - before >= count
    wait_until_all_are_closed(rig)
    if end is end_by_fin:
        wait_until_none_is_kept(rig, seconds=30)


@contextlib.contextmanager
def full_table(rig):
    """Connections of nobody take what was left."""
    with contextlib.ExitStack() as undo:
        table = undo.enter_context(contextlib.closing(rig.bmc.map("bmc_flows")))
        for index in range(table.max_entries):
            stranger = b"\x20\x01\x0d\xb8\xff\xff" + struct.pack(">10xI", index) + bytes(16)
            try:
                table.put(stranger, bytes(table.value_bytes))
            except OSError as error:
                assert error.errno == errno.E2BIG
                break
            undo.callback(table.delete, stranger)
        else:
            raise AssertionError("the table was empty")
        yield


def test_a_table_that_is_full(fresh_rig):
    """What came in time is served and translated; what came later is memcached's alone."""
    rig = fresh_rig
    start = time.monotonic()
    with Crowd(rig, FLOWS, KEYS) as early:
        opened = time.monotonic()
        early.get()
        before = served(rig)
        early.get(times=3)  # the first may be due to memcached
        assert served(rig) - before >= FLOWS
        no_flow = tcp(rig)["counts"]["no_flow"]
        with full_table(rig), Crowd(rig, 200, KEYS) as late:
            before = served(rig)
            begin(late)
            late.get()
            late.store(b"late")
            assert served(rig) == before, "of connections that are not followed"
            early.get(times=2)
            early.store(b"early")
            early.get()
            assert served(rig) - before >= FLOWS / 2
            assert tcp(rig)["counts"]["no_flow"] - no_flow >= len(late.socks)
            assert early.has_no_more() and late.has_no_more()
        print(f"{FLOWS} connections: {FLOWS / (opened - start):.0f}/s opened, "
              f"{time.monotonic() - opened:.1f} s used, {tcp(rig)['counts']}")
    wait_until_all_are_closed(rig)


def test_a_connection_that_was_idle_for_long(rig):
    with Crowd(rig, 8, KEYS) as idle, Crowd(rig, 8, KEYS) as short:
        for crowd in (idle, short):
            begin(crowd)
            before = served(rig)
            crowd.get()
            assert served(rig) - before > len(crowd.socks) / 2
        for sock in short.socks:
            end_by_memcached(sock)
        time.sleep(IDLE_S)
        before = served(rig)
        idle.get()  # which is memcached's, after ten seconds
        idle.store(b"idle")
        assert served(rig) == before
        idle.get()
        assert served(rig) > before
        assert idle.has_no_more()
        if IDLE_S > LINGER_S:
            wait_until_none_is_kept(rig, seconds=5)

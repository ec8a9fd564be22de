# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""memcached, the daemon and the interface come, go and die; nothing stale, nothing left (I6, I8)."""

import contextlib
import os
import socket
import threading
import time

import pytest

from harness import leftovers, text, topology
from harness.udp import Timeout, UdpClient

pytestmark = pytest.mark.needs_bmc


def nothing_attached(rig):
    return leftovers.attached(rig.topology.server, topology.SERVER_IF) == []


def assert_all_gone(rig):
    assert nothing_attached(rig), leftovers.attached(rig.topology.server, topology.SERVER_IF)
    assert not rig.bmc.is_pinned()


def test_a_stopped_daemon_leaves_nothing(make_rig, key, hook):
    rig = make_rig(hook=hook)
    rig.set_hot(key, b"value")
    assert rig.bmc.stop() == 0
    assert_all_gone(rig)
    reply, served = rig.ask(text.get(key))
    assert (reply, served) == (text.value_reply(key, b"value"), False)


def test_an_interrupted_daemon_leaves_nothing(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.bmc.process.send_signal(2)
    assert rig.bmc.process.wait(10) == 0
    rig.bmc.process = None
    assert_all_gone(rig)


def test_detach_ends_a_living_daemon_and_leaves_nothing(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    assert rig.bmc.detach().returncode == 0
    assert rig.bmc.process.wait(10) == 0
    rig.bmc.process = None
    assert_all_gone(rig)


def test_detach_works_without_a_daemon(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.bmc.kill()
    assert rig.bmc.is_pinned()
    assert rig.bmc.detach().returncode == 0
    assert_all_gone(rig)
    assert rig.udp().get(key) == b"value"


def test_a_killed_daemon_is_adopted_with_its_cache(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.bmc.kill()
    assert rig.is_served(text.get(key)), "the kernel side serves on"
    rig.bmc.start()
    deadline = time.monotonic() + 10  # the kernel side looks alive before its daemon has spoken
    while "adopted" not in rig.bmc.log() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "adopted" in rig.bmc.log()
    assert rig.is_served(text.get(key)), "the cache was still there"
    rig.tcp.set(key, b"new")
    assert rig.udp().get(key) == b"new"


def test_a_killed_daemon_costs_no_coherence(make_rig, key):
    """kill -9 in the middle of writes; every get right after its write."""
    rig = make_rig()
    rig.set_hot(key, b"0")
    for number in range(3000):
        if number == 1000:
            rig.bmc.kill()
        if number == 2000:
            rig.bmc.start(wait=False)
        rig.tcp.set(key, b"%d" % number)
        assert rig.udp().get(key) == b"%d" % number
    rig.bmc.wait_until_serving()
    rig.make_hot(key)


def test_without_a_daemon_serving_stops_within_half_a_minute(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.bmc.kill()
    time.sleep(15)
    assert rig.is_served(text.get(key))
    time.sleep(16.5)
    for _ in range(20):
        assert rig.ask(text.get(key)) == (text.value_reply(key, b"value"), False)
    rig.bmc.start()
    rig.make_hot(key)


def test_a_port_that_is_just_being_given_up_is_waited_for(make_rig, key):
    """As when memcached ends while bmc begins: its socket is still there, and no process holds it."""
    rig = make_rig(start=False)
    with rig.topology.server.entered():
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.bind(("0.0.0.0", rig.memcached.port))
    one, other = socket.socketpair()
    socket.send_fds(one, [b"x"], [held.fileno()])  # now it is in flight only
    held.close()
    rig.bmc.start(wait=False)
    time.sleep(0.3)
    one.close()
    other.close()
    rig.memcached.start()
    rig.bmc.wait_until_serving()
    rig.set_hot(key, b"value")


@pytest.mark.parametrize("is_frozen", [False, True], ids=["daemon awake", "daemon frozen"])
def test_nothing_of_a_killed_memcached_is_served(make_rig, key, is_frozen):
    """I6: with the daemon frozen, only the tap is left to see the end of memcached."""
    rig = make_rig()
    rig.set_hot(key, b"old")
    with rig.bmc.frozen() if is_frozen else contextlib.nullcontext():
        rig.memcached.kill()
        for _ in range(3):
            with pytest.raises((Timeout, ConnectionRefusedError)):
                rig.udp().request(text.get(key), timeout=0.2)
    status = rig.bmc.wait_for(lambda status: not status["serving"], "stopped")
    assert status["memcached"]["pid"] is None


def test_nothing_of_the_old_memcached_is_served_for_the_new_one(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"old")
    for number in range(3):
        rig.memcached.kill()
        rig.forget_tcp()
        rig.memcached.start()
        for _ in range(50):
            assert rig.udp().request(text.get(key)) == b"END\r\n"
        rig.tcp.set(key, b"new-%d" % number)
        for _ in range(50):
            assert rig.udp().get(key) == b"new-%d" % number
        rig.bmc.wait_until_serving()
        rig.make_hot(key)
        assert rig.udp().get(key) == b"new-%d" % number


def test_memcached_killed_under_load_is_never_outlived(make_rig, key):
    """Gets go on while it dies; the first answer of the successor ends the old value."""
    rig = make_rig()
    for _ in range(3):
        rig.bmc.wait_until_serving()
        rig.set_hot(key, b"old")
        killer = threading.Timer(0.05, rig.memcached.kill)
        killer.start()
        client = rig.new_udp(timeout=0.02)
        dead_since = None
        while dead_since is None or time.monotonic() - dead_since < 0.3:
            try:
                client.get(key)
                if not killer.is_alive():
                    # A reply that was on its way is allowed for a moment only.
                    assert dead_since is None or time.monotonic() - dead_since < 0.05
            except (Timeout, ConnectionRefusedError):
                pass
            if dead_since is None and not killer.is_alive():
                dead_since = time.monotonic()
        client.close()
        rig.forget_tcp()
        rig.memcached.start()
        for _ in range(20):
            assert rig.udp().get(key) is None


def test_bmc_waits_for_a_memcached_that_is_not_there_yet(make_rig, key):
    rig = make_rig(start=False)
    rig.bmc.start(wait=False)
    status = rig.bmc.wait_for(lambda status: not status["serving"], "waiting")
    assert status["memcached"]["pid"] is None
    rig.memcached.start()
    rig.bmc.wait_until_serving()
    rig.set_hot(key, b"value")


def test_a_frozen_memcached_is_served_for_and_stays_coherent(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.memcached.freeze()
    assert rig.is_served(text.get(key)), "a hit does not need memcached"
    write = rig.new_tcp()
    write.send(text.store("set", key, b"new"))  # acknowledged only after the thaw
    assert rig.udp().get(key) == b"value"
    rig.memcached.thaw()
    assert write.line() == b"STORED\r\n"
    assert rig.udp().get(key) == b"new"
    write.close()


def test_memcached_without_udp_is_reported_with_the_remedy(make_rig):
    rig = make_rig(udp_port=0, start=False, options=["--tcp", "off"])
    rig.memcached.start()
    rig.bmc.start(wait=False)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and "-U" not in rig.bmc.log():
        time.sleep(0.05)
    assert "-U 11211" in rig.bmc.log() and "--tcp off" in rig.bmc.log()


def test_memcached_as_debian_starts_it_is_served_over_tcp(make_rig, key):
    """Without UDP, and without a word about TCP; nobody answers a datagram."""
    rig = make_rig(udp_port=0, start=False, options=["--clients", "192.0.2.0/24"])
    rig.memcached.start()
    rig.bmc.start()
    client = rig.new_tcp()
    client.set(key, b"value")
    deadline = time.monotonic() + 10
    while rig.bmc.stats()["tcp"]["counts"]["served"] <= 20:
        assert time.monotonic() < deadline, rig.bmc.stats()["tcp"]
        assert client.values(text.get(key)) == {key: (0, b"value", None)}
    status = rig.bmc.call("status", "--name", rig.bmc.name).stdout
    assert "TCP port 11211" in status and "UDP" not in status
    datagrams = UdpClient(rig.topology.client, topology.SERVER4, 11211)
    with pytest.raises(OSError):
        datagrams.get(key)
    datagrams.close()
    client.close()


def test_somebody_else_at_the_udp_port_is_not_taken_for_memcached(make_rig, key):
    rig = make_rig(udp_port=0, start=False)
    with rig.topology.server.entered(), socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", rig.memcached.port))
        rig.memcached.start()
        rig.bmc.start()
        assert rig.bmc.status()["memcached"]["pid"] == rig.memcached.pid


def test_a_second_daemon_of_the_same_name_is_refused(make_rig, key):
    rig = make_rig()
    second = rig.bmc.call("run", "-p", rig.memcached.port, "-i", topology.SERVER_IF,
                          "--name", rig.bmc.name, check=False)
    assert second.returncode == 1
    assert second.stderr.startswith("bmc: ") and "\n  try: " in second.stderr
    rig.set_hot(key, b"the first goes on")


def test_an_unknown_interface_is_refused_and_nothing_is_left(make_rig):
    rig = make_rig(start=False)
    rig.memcached.start()
    done = rig.bmc.call("run", "-p", rig.memcached.port, "-i", "nosuchif0", "--memory", "16M",
                        "--name", rig.bmc.name, check=False)
    assert done.returncode == 1
    assert "nosuchif0" in done.stderr and "\n  try: " in done.stderr
    assert not rig.bmc.is_pinned()


def test_an_interface_that_goes_down_and_up_serves_again(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.topology.server.ip("link set s0 down")
    rig.bmc.wait_for(lambda status: not status["interfaces"][0]["up"], "told that s0 is down")
    rig.topology.server.ip("link set s0 up")
    rig.topology.server.ip("addr replace 2001:db8::1/64 dev s0 nodad")
    time.sleep(0.1)
    rig.topology._introduce(rig.topology.server, "s0", (topology.CLIENT4,), topology.CLIENT_MAC)
    rig.topology._introduce(rig.topology.client, "c0", (topology.SERVER4,), topology.SERVER_MAC)
    assert rig.udp().get(key) == b"value"
    rig.make_hot(key)


def test_an_interface_that_is_removed_and_made_again_serves_again(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.topology.disconnect()
    rig.bmc.wait_for(lambda status: not status["interfaces"][0]["hook"], "told that s0 is gone")
    rig.topology.connect()
    rig.bmc.wait_for(lambda status: status["interfaces"][0]["hook"], "attached again")
    assert rig.udp().get(key) == b"value"
    rig.make_hot(key)
    assert rig.bmc.stop() == 0
    assert_all_gone(rig)


def test_somebody_elses_filter_stays(make_rig, key):
    rig = make_rig(hook="tc", start=False)
    rig.topology.server.run("tc", "qdisc", "add", "dev", "s0", "clsact")
    added = rig.topology.server.run("tc", "filter", "add", "dev", "s0", "ingress", "prio", "99",
                                    "matchall", "action", "ok", check=False, text=True)
    if added.returncode != 0:
        pytest.skip(f"this kernel has no matchall filter: {added.stderr.splitlines()[0]}")
    rig.start()
    rig.set_hot(key, b"value")
    assert rig.bmc.stop() == 0
    filters = rig.topology.server.run("tc", "filter", "show", "dev", "s0", "ingress", text=True)
    assert "matchall" in filters.stdout and "bmc" not in filters.stdout


def test_two_instances_for_two_memcacheds_do_not_disturb_each_other(make_rig, key):
    one, two = make_rig(), make_rig()
    one.set_hot(key, b"one")
    two.set_hot(key, b"two")
    assert one.udp().get(key) == b"one"
    assert two.udp().get(key) == b"two"
    assert two.bmc.stop() == 0
    assert one.is_served(text.get(key))


def test_older_connections_of_memcached_are_watched(make_rig, key):
    """Attached to a running server: a connection may be in the middle of anything."""
    rig = make_rig(start=False)
    rig.memcached.start()
    rig.tcp.set(key, b"first")
    half = rig.new_tcp()
    half.send(b"set %s 0 0 3\r\n" % key)
    time.sleep(0.05)
    rig.bmc.start(wait=False)
    rig.bmc.wait_until_serving(30)
    rig.udp().get(key)
    half.send(b"new\r\n")
    assert half.line() == b"STORED\r\n"
    for _ in range(100):
        assert rig.udp().get(key) == b"new"
    half.close()
    for _ in range(3):  # the strict gets that bring an older connection back
        assert rig.tcp.get(b"nothing") is None
    rig.bmc.wait_until_serving()
    rig.make_hot(key)


def test_the_address_of_a_source_is_admitted_by_memcacheds_answer(make_rig, key):
    """I10: until memcached has answered an address, nothing in the kernel does."""
    rig = make_rig()
    rig.set_hot(key, b"value")
    other = rig.new_udp(source=topology.CLIENT4_SECOND)
    reply, served = rig.ask(text.get(key), client=other)
    assert (reply, served) == (text.value_reply(key, b"value"), False)
    assert rig.is_served(text.get(key), client=other)
    other.close()


def test_listed_clients_are_served_at_once(make_rig, key):
    rig = make_rig(options=["--clients", "192.0.2.4/32"])
    rig.set_hot(key, b"value")
    other = rig.new_udp(source=topology.CLIENT4_SECOND)
    assert rig.ask(text.get(key), client=other)[1]
    other.close()


def test_a_firewalled_source_is_never_answered(make_rig, key):
    rig = make_rig()
    rig.set_hot(key, b"value")
    rig.topology.server.ip("route add blackhole 192.0.2.4/32")
    other = rig.new_udp(source=topology.CLIENT4_SECOND)
    for _ in range(5):
        assert other.silent(text.get(key), 0.05) is None
    other.close()


@pytest.mark.parametrize("listen", ["192.0.2.1", "127.0.0.1", "192.0.2.1,127.0.0.1",
                                    "192.0.2.3", "::"])
def test_only_addresses_on_which_memcached_listens_are_served(make_rig, key, listen):
    rig = make_rig(memcached=["-l", listen], start=False)
    rig.memcached._wait_until_it_listens = lambda: time.sleep(0.3)
    rig.memcached.start()
    rig.bmc.start()
    serves = topology.SERVER4 in listen
    client = rig.new_udp(timeout=5 if serves else 0.1)
    for _ in range(20):
        try:
            client.get(key)
            assert serves or listen == "::"
        except (Timeout, ConnectionRefusedError):
            assert not serves
            break
    client.close()


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_an_idle_daemon_is_small_and_quiet(make_rig, key):
    rig = make_rig(memory="64M")
    rig.set_hot(key, b"value")
    pid = rig.bmc.process.pid
    with open(f"/proc/{pid}/status") as status:
        resident_kb = int(next(line for line in status if line.startswith("RssAnon")).split()[1])
    assert resident_kb < 64 * 1024
    before = cpu_ticks(pid)
    time.sleep(3)
    assert (cpu_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") < 0.5

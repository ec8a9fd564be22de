# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The harness itself: it cleans up, it sees what happens, and its expectations can fail."""

import os
import subprocess
import sys

import pytest

from harness import binary, leftovers, netns, text, topology
from harness.memcached import Memcached
from harness.netns import Namespace
from harness.rig import Rig
from harness.sequences import wait_until
from harness.udp import Timeout


def test_only_the_thread_that_enters_a_namespace_is_inside():
    ns = Namespace("test")
    try:
        home = os.readlink("/proc/thread-self/ns/net")
        with ns.entered():
            assert os.readlink("/proc/thread-self/ns/net") != home
        assert os.readlink("/proc/thread-self/ns/net") == home
    finally:
        ns.close()
    assert not os.path.exists(ns.path)


def has_ended(pid):
    """Perhaps init has not reaped it yet."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_a_killed_run_leaves_is_swept():
    """A child makes a namespace with a process inside and is killed."""
    script = ("import os, signal, subprocess, sys; sys.path.insert(0, sys.argv[1])\n"
              "from harness.netns import Namespace\n"
              "ns = Namespace('left'); child = ns.popen('sleep', '1000', stdout=subprocess.DEVNULL)\n"
              "print(ns.name, child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)")
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True)
    name, pid = done.stdout.split()
    assert os.path.exists(f"/run/netns/{name}")
    assert name in netns.sweep()
    assert not os.path.exists(f"/run/netns/{name}")
    wait_until(lambda: has_ended(pid), "the process inside ends")


def test_a_rig_that_fails_to_start_leaves_nothing():
    before = leftovers.snapshot()
    with pytest.raises(RuntimeError):
        Rig(None, memcached=["--no-such-option"])
    leftovers.assert_nothing_new(before)


def test_leftovers_are_noticed():
    before = leftovers.snapshot()
    ns = Namespace("test")
    with pytest.raises(AssertionError):
        leftovers.assert_nothing_new(before)
    ns.close()
    leftovers.assert_nothing_new(before)


def test_attached_programs_are_noticed():
    wire = topology.Topology()
    try:
        assert leftovers.attached(wire.server, topology.SERVER_IF) == []
        wire.server.run("tc", "qdisc", "add", "dev", topology.SERVER_IF, "clsact")
        assert leftovers.attached(wire.server, topology.SERVER_IF) == ["clsact"]
    finally:
        wire.close()


@pytest.mark.parametrize("family", [4, 6])
def test_a_datagram_that_reaches_memcached_is_counted(family):
    rig = Rig(None)
    try:
        before = rig.datagrams_delivered(family)
        for number in range(1, 20):
            reply, served = rig.ask(text.get(b"key"), family)
            assert (reply, served) == (b"END\r\n", False)
            assert rig.datagrams_delivered(family) == before + number
    finally:
        rig.close()


def test_memcached_can_be_frozen_killed_and_started_again():
    rig = Rig(None)
    try:
        rig.tcp.set(b"key", b"value")
        rig.memcached.freeze()
        with pytest.raises(Timeout):
            rig.udp().request(text.get(b"key"), timeout=0.1)
        rig.memcached.thaw()
        assert rig.udp().request(text.get(b"key")) == text.value_reply(b"key", b"value")
        rig.memcached.kill()
        rig.forget_tcp()
        rig.memcached.start()
        assert rig.tcp.get(b"key") is None
    finally:
        rig.close()


def test_a_memcached_that_cannot_start_is_an_error():
    ns = Namespace("test")
    try:
        with pytest.raises(RuntimeError, match="memcached ended"):
            Memcached(ns, "-l", "203.0.113.1").start()
    finally:
        ns.close()


def test_replies_are_taken_apart_by_their_lengths():
    reply = b"VALUE a 1 9\r\nEND\r\nEND\r\r\nVALUE b 0 0 7\r\n\r\nEND\r\n"
    assert text.parse_values(reply) == {b"a": (1, b"END\r\nEND\r", None), b"b": (0, b"", 7)}
    with pytest.raises(ValueError):
        text.parse_values(b"VALUE a 1 3\r\nabcd\r\nEND\r\n")
    with pytest.raises(ValueError):
        text.parse_values(b"ERROR\r\n")
    assert not text.is_whole_get(reply[:-5])
    assert text.is_whole_get(reply)


def test_binary_responses_are_taken_apart():
    response = bytearray(binary.store(binary.SET, b"k", b"v"))
    response[0] = binary.RESPONSE
    assert binary.parse(bytes(response))[:3] == (binary.SET, 0, b"v")
    assert binary.parse(bytes(response[:-1])) is None

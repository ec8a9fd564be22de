# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A tap that lost an event is not trusted: BMC stops, says why, and comes back (I11)."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest

from harness import text, theft
from harness.bmc import PINS
from harness.crowd import allow_descriptors
from harness.udp import Timeout

pytestmark = pytest.mark.needs_bmc

BPFTOOL = shutil.which("bpftool", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
RELOADED = "serving stops and all is loaded anew: "


class Watched:
    """A hot key, whose every get must show its latest value."""

    def __init__(self, rig, key):
        self.rig = rig
        self.key = key
        self.number = 0
        rig.set_hot(key, b"0")

    def overwrite(self, times=20):
        for _ in range(times):
            self.number += 1
            value = b"%d" % self.number
            self.rig.tcp.set(self.key, value)
            for _ in range(2):
                assert self.get() == text.value_reply(self.key, value)

    def get(self):
        """The answer to a get, which may be lost: a clsact that goes or comes drops packets."""
        for _ in range(20):
            with contextlib.suppress(Timeout):
                return self.rig.udp().request(text.get(self.key), timeout=0.1)
        raise AssertionError("no answer to 20 gets")

    def overwrite_until(self, is_true, what, timeout=10):
        deadline = time.monotonic() + timeout
        while not is_true():
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}\n{self.rig.bmc.log()}"
            self.overwrite()

    def assert_doubted(self, reason, times=1):
        """The doubt is told, and serving comes back; nothing is stale meanwhile."""
        self.overwrite_until(lambda: self.rig.bmc.log().count(RELOADED + reason) >= times, reason)
        self.assert_back()

    def assert_back(self):
        self.rig.bmc.wait_until_serving()
        self.overwrite()
        for _ in range(3):  # to a new tap this connection is an older one: strict gets forgive it
            assert self.rig.tcp.get(b"nothing") is None
        self.rig.make_hot(self.key)
        self.overwrite()

    def assert_replaced(self):
        """A new daemon does not trust the tap that it finds."""
        self.rig.bmc.start(wait=False)
        self.overwrite_until(lambda: "the pinned instance is replaced" in self.rig.bmc.log(),
                             "replaced")
        self.assert_back()


@pytest.fixture
def watched(make_rig, key):
    return Watched(make_rig(), key)


# ---- a program that is detached --------------------------------------------


def detach(rig, program):
    return subprocess.run([BPFTOOL, "link", "detach", "pinned",
                           f"{PINS}/{rig.bmc.name}/links/{program}"],
                          capture_output=True, text=True, check=False)


@pytest.mark.skipif(not BPFTOOL, reason="bpftool is not installed")
def test_a_program_that_somebody_detaches_is_missed(watched):
    for times in (1, 2):
        assert detach(watched.rig, "bmc_sk_release").returncode == 0
        watched.assert_doubted("somebody detached a program of the tap", times)


@pytest.mark.skipif(not BPFTOOL, reason="bpftool is not installed")
def test_a_program_that_was_detached_while_there_was_no_daemon_is_missed(watched):
    rig = watched.rig
    rig.bmc.kill()
    assert detach(rig, "bmc_sk_release").returncode == 0
    watched.overwrite()
    watched.assert_replaced()


@pytest.mark.skipif(not BPFTOOL, reason="bpftool is not installed")
@pytest.mark.parametrize("program", ["bmc_recv", "bmc_send", "bmc_exit", "bmc_fork"])
def test_a_traced_event_cannot_be_detached(watched, program):
    """The kernel refuses it: then the daemon need not look for it."""
    done = detach(watched.rig, program)
    assert done.returncode != 0 and "not supported" in done.stderr
    watched.overwrite()
    assert RELOADED not in watched.rig.bmc.log()


@pytest.mark.parametrize("program", ["bmc_recv", "bmc_send", "bmc_exit", "bmc_sk_release"])
def test_a_link_that_is_unpinned_would_go_with_the_daemon_and_is_doubt(watched, program):
    os.unlink(f"{PINS}/{watched.rig.bmc.name}/links/{program}")
    watched.assert_doubted("somebody detached a program of the tap")


def test_after_all_pins_were_removed_a_killed_daemon_costs_no_coherence(watched):
    shutil.rmtree(f"{PINS}/{watched.rig.bmc.name}")
    watched.assert_doubted("somebody detached a program of the tap")
    watched.rig.bmc.kill()
    watched.overwrite()


# ---- a child process -------------------------------------------------------


def test_a_child_process_of_memcached_is_doubt(make_rig, build_dir, key):
    library = build_dir / "bmc_fork_on_signal.so"
    assert library.exists(), f"{library} is missing: build it first"
    watched = Watched(make_rig(program=("env", f"LD_PRELOAD={library}", "memcached")), key)
    for times in (1, 2):
        os.kill(watched.rig.memcached.pid, signal.SIGUSR2)
        watched.assert_doubted("memcached started a child process", times)


# ---- bytes that the tap did not see ----------------------------------------


def lose_bytes(rig):
    """Somebody else reads the first bytes of a client's command."""
    client = rig.new_tcp()
    client.barrier()
    rig.memcached.freeze()
    client.send(b"set lost 0 0 1\r\n")
    assert theft.steal(rig.memcached.pid, client.local_port, 100) == b"set lost 0 0 1\r\n"
    client.send(b"delete lost\r\n")
    rig.memcached.thaw()
    assert client.line() == b"NOT_FOUND\r\n"  # so memcached's recv has returned
    client.close()


def test_lost_bytes_are_doubt(watched):
    for times in (1, 2):
        lose_bytes(watched.rig)
        watched.assert_doubted("a socket received bytes that the tap did not see", times)


def test_lost_bytes_stop_serving_at_once_without_a_daemon(watched):
    rig = watched.rig
    rig.bmc.kill()
    assert rig.is_served(text.get(watched.key))
    lose_bytes(rig)
    for _ in range(20):
        assert rig.ask(text.get(watched.key)) == (text.value_reply(watched.key, b"0"), False)
    assert rig.bmc.status()["stopped"] == ["doubt"]
    watched.overwrite()
    watched.assert_replaced()


def test_a_byte_out_of_band_is_no_doubt(watched):
    """One byte may be counted without having been received; with a FIN, two."""
    rig = watched.rig
    client = rig.new_tcp()
    client.sock.send(b"!", 1)  # MSG_OOB
    client.send(b"mn\r\n")
    client.sock.shutdown(1)
    with client.sock.makefile("rb") as answers:
        assert b"MN" in answers.read()
    client.close()
    watched.overwrite()
    assert RELOADED not in rig.bmc.log()


# ---- a counter that is full ------------------------------------------------


def test_a_full_counter_of_open_writes_is_doubt(make_rig, key):
    """65535 writes of one bucket that nothing ends: 64 are listed for each connection."""
    allow_descriptors(4096)
    rig = make_rig(memcached=["-c", "3000"], options=["--test-buckets", "1"])
    watched = Watched(rig, key)
    batch = b"".join(b"delete %s.%d noreply\r\n" % (key, n) for n in range(64))
    clients = []
    for _ in range(1030):
        clients.append(rig.new_tcp())
        clients[-1].send(batch)
    watched.overwrite_until(lambda: RELOADED in rig.bmc.log(), "doubt")
    assert RELOADED + "a counter of writes or of epochs is full" in rig.bmc.log()
    for client in clients:
        client.close()
    watched.assert_doubted("a counter of writes or of epochs is full")

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""bmc detach beside a daemon that just begins, or began and was killed, or is in doubt; beside another
detach; and before an instance of another version."""

import contextlib
import ctypes
import fcntl
import os
import signal
import struct
import subprocess
import time

import pytest

from harness import leftovers, topology
from harness.bmc import PINS, RUN_DIR
from harness.bpf import bpf
from harness.sequences import wait_until

pytestmark = pytest.mark.needs_bmc

MAP_CREATE, OBJ_PIN, ARRAY_MAP = 0, 6, 2


def unpublished(bmc):
    return f"{PINS}/+{bmc.name}"


def lock_path(bmc):
    return f"{RUN_DIR}/{bmc.name}/lock"


def has_open(process, path):
    fds = f"/proc/{process.pid}/fd"
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
        return any(os.readlink(f"{fds}/{fd}") == path for fd in os.listdir(fds))
    return False


def is_held(path):
    with contextlib.suppress(FileNotFoundError), open(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def begin_detach(bmc):
    return bmc.ns.popen(bmc.binary, "detach", "--name", bmc.name,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_what_a_torn_start_left_is_told_and_removed(make_rig):
    rig = make_rig()
    rig.bmc.kill()
    os.rename(f"{PINS}/{rig.bmc.name}", unpublished(rig.bmc))  # as before it is published
    status = rig.bmc.call("status", "--name", rig.bmc.name, check=False)
    assert status.returncode == 1
    assert "half attached" in status.stderr and f"bmc detach --name {rig.bmc.name}" in status.stderr
    assert rig.bmc.detach().returncode == 0
    assert not os.path.exists(unpublished(rig.bmc))
    assert "no instance" in rig.bmc.detach(check=False).stderr


def test_detach_ends_a_daemon_that_is_just_attaching(make_rig):
    rig = make_rig(start=False)
    rig.memcached.start()
    rig.bmc.start(wait=False)
    wait_until(lambda: os.path.exists(unpublished(rig.bmc)), "the daemon at its beginning")
    with rig.bmc.frozen():
        status = rig.bmc.call("status", "--name", rig.bmc.name, check=False)
        assert status.returncode == 1 and f"process {rig.bmc.process.pid}" in status.stderr
        detach = begin_detach(rig.bmc)
        wait_until(lambda: has_open(detach, lock_path(rig.bmc)), "bmc detach at work")
    assert detach.wait(30) == 0, detach.stderr.read()
    assert rig.bmc.process.wait(10) == 0
    rig.bmc.process = None
    assert not rig.bmc.is_pinned() and not os.path.exists(unpublished(rig.bmc))


def begin_detach_and_freeze(bmc):
    """One that holds the lock."""
    detach = begin_detach(bmc)
    wait_until(lambda: is_held(lock_path(bmc)), "bmc detach at work")
    detach.send_signal(signal.SIGSTOP)
    return detach


def test_a_second_detach_waits_for_the_first(make_rig):
    """The first is asked to end meanwhile, which it leaves for when it is done."""
    rig = make_rig()
    rig.bmc.kill()
    first = begin_detach_and_freeze(rig.bmc)
    assert rig.bmc.status()["daemon_alive"] is False
    refused = rig.bmc.call("run", "-p", rig.memcached.port, "-i", rig.bmc.interfaces[0],
                           "--name", rig.bmc.name, check=False)
    assert refused.returncode == 1 and "being detached" in refused.stderr
    second = begin_detach(rig.bmc)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(1)
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGCONT)
    for detach in (first, second):
        assert detach.wait(30) == 0, detach.stderr.read()
    assert not rig.bmc.is_pinned()


def test_a_daemon_that_is_asked_to_end_in_the_moment_of_a_doubt_ends(make_rig):
    rig = make_rig()
    with rig.bmc.frozen():
        os.unlink(f"{PINS}/{rig.bmc.name}/links/bmc_recv")
        rig.bmc.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # its next beat is due
    assert rig.bmc.process.wait(10) == 0
    rig.bmc.process = None
    assert not rig.bmc.is_pinned() and not os.path.exists(unpublished(rig.bmc))


@contextlib.contextmanager
def replaced_map(path, key_bytes, value_bytes):
    """A map of another layout stands there meanwhile."""
    create = struct.pack("<5I", ARRAY_MAP, key_bytes, value_bytes, 1, 0)
    other = bpf(MAP_CREATE, create)
    os.rename(path, path + "-aside")
    name = ctypes.create_string_buffer(os.fsencode(path))
    bpf(OBJ_PIN, struct.pack("<QII", ctypes.addressof(name), other, 0))
    os.close(other)
    try:
        yield
    finally:
        os.unlink(path)
        os.rename(path + "-aside", path)


@pytest.mark.parametrize("name", ["bmc_interfaces", "bmc_unsynced", "bmc_tcp_stats", "manifest"])
def test_maps_of_another_layout_are_not_read(make_rig, name):
    rig = make_rig()
    rig.bmc.kill()
    with replaced_map(f"{PINS}/{rig.bmc.name}/maps/{name}", 4, 4):
        status = rig.bmc.call("status", "--name", rig.bmc.name, check=False)
        assert status.returncode == 1 and "it is of another version" in status.stderr
        if name == "bmc_interfaces":
            refused = rig.bmc.detach(check=False, force=True)
            assert refused.returncode == 1 and "another version of BMC" in refused.stderr
            assert "clsact" in refused.stderr
    assert rig.bmc.detach().returncode == 0
    assert leftovers.attached(rig.topology.server, topology.SERVER_IF) == []

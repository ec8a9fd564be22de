# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""bmc detach beside a daemon that just begins, one that was killed while it began, and another detach."""

import contextlib
import fcntl
import os
import signal
import subprocess

import pytest

from harness.bmc import PINS, RUN_DIR
from harness.sequences import wait_until

pytestmark = pytest.mark.needs_bmc


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
    """One that has the lock: it is given time for that by what it removes."""
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

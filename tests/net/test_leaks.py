# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What comes goes: after many attachments the kernel holds no object of ours.

BMC_LEAK_CYCLES (default 10) is how often BMC is attached and detached, in turn
by SIGTERM, by `bmc detach`, and by a kill whose remains the next one adopts.
"""

import json
import os
import shutil
import subprocess
import time

import pytest

from harness import leftovers, topology

pytestmark = pytest.mark.needs_bmc

CYCLES = int(os.environ.get("BMC_LEAK_CYCLES", "10"))
BPFTOOL = shutil.which("bpftool", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def objects():
    """Identifiers of the programs, maps and links in the kernel that are ours."""
    found = set()
    for kind in ("prog", "map"):
        listing = subprocess.run([BPFTOOL, "-j", kind, "show"], capture_output=True, check=True)
        found |= {(kind, each["id"]) for each in json.loads(listing.stdout)
                  if each.get("name", "").startswith("bmc_")}
    programs = {number for kind, number in found if kind == "prog"}
    listing = subprocess.run([BPFTOOL, "-j", "link", "show"], capture_output=True, check=True)
    return found | {("link", each["id"]) for each in json.loads(listing.stdout)
                    if each.get("prog_id") in programs}


def wait_until_nothing_new(before, timeout=20):
    """The kernel frees programs and maps some time after the last reference."""
    deadline = time.monotonic() + timeout
    while objects() - before:
        assert time.monotonic() < deadline, f"left in the kernel: {objects() - before}"
        time.sleep(0.2)


@pytest.mark.skipif(not BPFTOOL, reason="bpftool is not installed")
def test_attaching_again_and_again_leaves_nothing(make_rig, key):
    before = objects()
    rig = make_rig(start=False, memory="1M")
    rig.memcached.start()
    for cycle in range(CYCLES):
        rig.bmc.start()
        if cycle % 3 == 0:
            assert rig.bmc.stop() == 0
        elif cycle % 3 == 1:
            rig.bmc.detach()
            assert rig.bmc.process.wait(10) == 0
            rig.bmc.process = None
        else:
            rig.bmc.kill()
    rig.bmc.start()
    rig.set_hot(key, b"it serves still")
    assert rig.bmc.stop() == 0
    assert not rig.bmc.is_pinned()
    assert leftovers.attached(rig.topology.server, topology.SERVER_IF) == []
    wait_until_nothing_new(before)


def descriptors(pid):
    """Without those that are open for a moment only."""
    counts = []
    for _ in range(20):
        counts.append(len(os.listdir(f"/proc/{pid}/fd")))
        time.sleep(0.05)
    return min(counts)


def test_the_daemon_holds_no_more_after_many_restarts_of_memcached(make_rig, key):
    rig = make_rig(memory="1M")
    held = None
    for restart in range(CYCLES):
        rig.forget_tcp()
        rig.memcached.kill()
        rig.memcached.start()
        rig.tcp.set(key, b"value %d" % restart)
        rig.make_hot(key, timeout=30)  # once every thread of memcached was seen asleep
        if restart == 1:  # all that it needs has been opened once
            held = descriptors(rig.bmc.process.pid)
    assert descriptors(rig.bmc.process.pid) <= held + 1  # one that is open for a moment only

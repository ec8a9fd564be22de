# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""On a kernel that is too old: what is missing is named, and the machine stays as it was.

scripts/kernels.sh runs this on such a kernel; anywhere else it fails.
"""

import json
import os
import subprocess

import pytest

from harness import leftovers, topology

UNSUPPORTED = 3
RELEASE = os.uname().release
NEEDED = f"Linux 6.6 or later (this is {RELEASE})"
LOST = "the BPF programs do not load"
REMEDY = "boot a newer kernel"


@pytest.fixture
def rig(make_rig):
    rig = make_rig(start=False)
    rig.memcached.start()
    return rig


def loaded_programs():
    shown = subprocess.run(["bpftool", "prog", "show", "--json"], capture_output=True, check=True)
    return {program["id"] for program in json.loads(shown.stdout)}


def run(rig, *options):
    return rig.topology.server.run(
        rig.bmc.binary, "run", "-p", rig.memcached.port, "-i", topology.SERVER_IF,
        "--name", rig.bmc.name, *options, check=False, timeout=60, text=True)


def check(rig, *options):
    done = rig.topology.server.run(
        rig.bmc.binary, "check", "-p", rig.memcached.port, "-i", topology.SERVER_IF, *options,
        check=False, timeout=60, text=True)
    assert done.returncode == UNSUPPORTED
    assert done.stderr.splitlines() == ["bmc: this machine cannot run BMC",
                                        "  try: what is missing above"]
    return done.stdout


def test_check_tells_first_which_kernel_is_needed(rig):
    lines = check(rig).splitlines()
    assert lines[0] == f"missing  {NEEDED}: {LOST}"
    assert lines[1].strip() == f"try: {REMEDY}"


def test_check_tells_all_that_this_kernel_lacks(rig):
    findings = json.loads(check(rig, "--json"))
    missing = {each["what"]: each["hint"] for each in findings if each["required"] and not each["ok"]}
    tracepoint = "BPF programs on the tracepoint sock_{}_length"
    assert missing == {NEEDED: REMEDY,
                       tracepoint.format("recv"): "Linux 6.6 or later, as root",
                       tracepoint.format("send"): "Linux 6.6 or later, as root"}


@pytest.mark.parametrize("choice", ["auto", "tc", "xdp"])
def test_run_refuses_in_one_line_with_a_remedy(rig, choice):
    done = run(rig, "--hook", choice)
    assert done.returncode == UNSUPPORTED
    assert done.stdout == ""
    assert done.stderr.splitlines() == [f"bmc: this machine lacks {NEEDED}: {LOST}",
                                        f"  try: {REMEDY}"]


def test_run_leaves_nothing_behind(rig):
    before = loaded_programs()
    assert run(rig).returncode == UNSUPPORTED
    assert loaded_programs() == before
    assert not rig.bmc.is_pinned()
    for folder in ("/sys/fs/bpf/bmc", "/run/bmc"):
        assert not os.path.exists(folder)
    assert leftovers.attached(rig.topology.server, topology.SERVER_IF) == []


def test_memcached_serves_on(rig):
    rig.tcp.set(b"key", b"value")
    assert run(rig).returncode == UNSUPPORTED
    assert b"value" in rig.ask(b"get key\r\n")[0]

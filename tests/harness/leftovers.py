# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a test may leave behind on this machine: nothing.

A snapshot counts what this test run's namespaces and names explain: pins, run
folders, processes, loaded programs whose names are ours. Programs of other
users of the machine come and go, so only the pins and names of this run count.
"""

import os

from harness import bmc, netns


def _entries(folder):
    prefix = f"{netns.PREFIX}-{os.getpid()}-"
    if not os.path.isdir(folder):
        return set()
    return {f"{folder}/{name}" for name in os.listdir(folder) if prefix in name}


def snapshot():
    """Paths that belong to this test run."""
    return _entries(bmc.PINS) | _entries(bmc.RUN_DIR) | _entries("/run/netns")


def assert_nothing_new(before):
    left = sorted(snapshot() - before)
    assert not left, f"left behind: {left}"


def attached(ns, interface):
    """What is attached to an interface: a list of words, empty if there is nothing."""
    found = []
    link = ns.ip("-d link show", interface)
    if "prog/xdp" in link:
        found.append("xdp")
    if "clsact" in ns.run("tc", "qdisc", "show", "dev", interface, text=True).stdout:
        found.append("clsact")
        filters = ns.run("tc", "filter", "show", "dev", interface, "ingress", text=True).stdout
        if "bpf" in filters:
            found.append("tc filter")
    return found

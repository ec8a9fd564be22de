# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A network namespace goes away with its interfaces while BMC's pins stay, as containers' do."""

import contextlib

import pytest

from harness import topology
from harness.netns import Namespace, ip


@pytest.fixture
def other():
    with contextlib.closing(Namespace("other")) as namespace:
        yield namespace


def index_of(namespace, interface):
    return int(namespace.ip("-o link show dev", interface).split(":")[0])


def test_detach_from_elsewhere_says_where(make_rig, key, other):
    rig = make_rig()
    rig.bmc.kill()
    done = other.run(rig.bmc.binary, "detach", "--name", rig.bmc.name, check=False, text=True)
    assert done.returncode == 1
    assert f"ip netns exec {rig.topology.server.name} bmc detach" in done.stderr
    assert rig.bmc.is_pinned()


def test_detach_removes_what_a_lost_namespace_left_and_nothing_else(make_rig, key, other):
    rig = make_rig()
    rig.set_hot(key, b"value")
    index = index_of(rig.topology.server, topology.SERVER_IF)
    rig.bmc.kill()
    rig.topology.server.close()  # memcached ends with it
    ip("netns add", rig.topology.server.name)  # a new one, for the rig to end in
    assert rig.bmc.is_pinned()

    # Of the same number, with a clsact that is as empty as one that BMC leaves.
    other.ip("link add v0 index", str(index), "type bridge")
    other.run("tc", "qdisc", "add", "dev", "v0", "clsact")
    done = other.run(rig.bmc.binary, "detach", "--name", rig.bmc.name, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert not rig.bmc.is_pinned()
    assert "clsact" in other.run("tc", "qdisc", "show", "dev", "v0", text=True).stdout

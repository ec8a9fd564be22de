# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One of several interfaces is away: the others are served, also by what is loaded anew."""

import os
import time

import pytest

from harness import text, topology
from harness.bmc import PINS

pytestmark = pytest.mark.needs_bmc

OTHER_IF = "other0"


def make_other(rig):
    rig.topology.server.ip("link add", OTHER_IF, "type veth peer name other1")
    rig.topology.server.ip("link set", OTHER_IF, "up")


def hooks(status):
    return [interface["hook"] for interface in status["interfaces"]]


def provoke_doubt(bmc):
    os.unlink(f"{PINS}/{bmc.name}/links/bmc_recv")
    deadline = time.monotonic() + 10
    while bmc.log().count("instance " + bmc.name + ": loaded") < 2:
        assert time.monotonic() < deadline, bmc.log()
        time.sleep(0.05)


def test_a_reload_while_one_of_two_interfaces_is_away_serves_the_other(make_rig, key):
    rig = make_rig(start=False)
    make_other(rig)
    rig.bmc.interfaces = [topology.SERVER_IF, OTHER_IF]
    rig.start()
    rig.set_hot(key, b"value")
    rig.topology.server.ip("link del", OTHER_IF)
    rig.bmc.wait_for(lambda status: not hooks(status)[1], "told that one is gone")
    provoke_doubt(rig.bmc)
    status = rig.bmc.wait_until_serving()
    assert hooks(status)[0] and not hooks(status)[1]
    assert any(OTHER_IF in warning for warning in status["warnings"])
    rig.make_hot(key)
    assert rig.is_served(text.get(key))
    make_other(rig)
    status = rig.bmc.wait_for(lambda status: hooks(status)[1], "attached to it again")
    assert not any(OTHER_IF in warning for warning in status["warnings"])


def test_a_start_while_one_of_two_interfaces_is_away_is_refused(make_rig):
    rig = make_rig(start=False)
    done = rig.bmc.call("run", "-p", rig.memcached.port, "-i", f"{topology.SERVER_IF},{OTHER_IF}",
                        "--memory", "16M", "--name", rig.bmc.name, check=False)
    assert done.returncode == 1
    assert f"there is no interface {OTHER_IF}" in done.stderr and "\n  try: " in done.stderr
    assert not rig.bmc.is_pinned()

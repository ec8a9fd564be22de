# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A host with very many addresses of its own, as a Kubernetes node has for its services."""

import pytest

from harness import topology

pytestmark = pytest.mark.needs_bmc

MANY = [f"198.18.{i // 250}.{i % 250 + 1}/32" for i in range(3000)]


def change_addresses(rig, what):
    commands = "".join(f"address {what} {each} dev {topology.SERVER_IF}\n" for each in MANY)
    rig.topology.server.run("ip", "-batch", "-", input=commands.encode())


@pytest.mark.parametrize("comes_first", ["addresses", "bmc"])
def test_thousands_of_addresses_are_served(make_rig, key, comes_first):
    rig = make_rig(start=comes_first == "bmc")
    change_addresses(rig, "add")
    if comes_first == "addresses":
        rig.memcached.start()
        rig.bmc.start()
    rig.set_hot(key, b"value")
    rig.bmc.wait_for(lambda status: len(status["addresses"]) >= len(MANY), "serving all addresses")
    change_addresses(rig, "del")
    rig.make_hot(key)

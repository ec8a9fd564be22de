# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The set-ups in which a storm is lived through, one after the other."""

import contextlib
import dataclasses

from harness import topology
from harness.faults.storm import Storm
from harness.rig import Rig


@dataclasses.dataclass(frozen=True)
class SetUp:
    name: str
    hook: str = "tc"
    memory: str = "16M"
    threads: int = 4
    address: str = topology.SERVER4
    bmc: tuple = ()  # options of bmc run
    clients: tuple = ()  # options of bmc_lin
    has_sockets_for_threads: bool = False  # memcached-sr


SET_UPS = (
    SetUp("little memory", memory="256K", clients=("--keys", 2000)),
    SetUp("16 buckets", bmc=("--test-buckets", "16"),
          clients=("--keys", 100, "--counters", 20, "--read-percent", 85)),
    SetUp("XDP", hook="xdp"),
    SetUp("IPv6, reads mostly", address=topology.SERVER6, clients=("--read-percent", 92)),
    SetUp("memcached-sr, writes mostly", has_sockets_for_threads=True,
          clients=("--read-percent", 30, "--keys", 60)),
    SetUp("TCP", bmc=("--tcp", "on"), clients=("--read-percent", 40)),
    SetUp("TCP, IPv6, 16 buckets", address=topology.SERVER6,
          bmc=("--tcp", "on", "--test-buckets", "16"),
          clients=("--keys", 100, "--counters", 20, "--read-percent", 60)),
)


# Of the gets over UDP; of storms of 8 s at XDP, 1.7 % was the least. Something has to be served.
LEAST_SHARE = 0.002


def kernel_share(report):
    hits = report["kernel"]["hits"]
    return hits / max(1, hits + report["kernel_passes"])


def run(build, set_up, seed, seconds, options=()):
    """Lives through one storm; returns its report, with what the wire did."""
    program = (str(build / "memcached-sr"),) if set_up.has_sockets_for_threads else ("memcached",)
    wire = {"bad_wire": [str(build / "bmc_wire"), seed]}
    with contextlib.closing(Rig(str(build / "bmc"), hook=set_up.hook, memory=set_up.memory,
                                threads=set_up.threads, options=set_up.bmc, program=program,
                                wire=wire)) as rig:
        storm = Storm(rig, build / "bmc_lin", seed, seconds)
        report = storm.run(set_up.address, *set_up.clients, *options)
        frames = rig.topology.wire.close()
    return report | {"set_up": set_up.name, "wire": frames}

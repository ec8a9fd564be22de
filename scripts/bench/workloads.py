# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The published workloads, as far as one machine and fixed keys can follow them.

ETC, USR: Atikoglu et al., "Workload Analysis of a Large-Scale Key-Value Store", SIGMETRICS 2012; the
sizes of ETC's values as in mutilate. cluster*: Yang et al., "A Large Scale Analysis of Hundreds of
In-memory Cache Clusters at Twitter", OSDI 2020, from its published table (twitter/cache-trace,
stat/2020Mar.md). What is left out is in LEFT_OUT, for the report.
"""

from dataclasses import dataclass

LEFT_OUT = (
    "All keys of a workload are of one length: the mean, or the longer one of two.",
    "Values carry their own check and are 10 bytes long at least: so long are USR's (2 bytes) and "
    "the shortest of ETC's; those of ETC end at 8 KiB (one in 2000 would be longer).",
    "All keys are in memcached from the start: there are no compulsory misses and no expiry.",
    "100 000 keys each, at full speed: the working sets of the originals are larger, their rates "
    "lower.",
    "cluster18's and cluster52's few gets with CAS, cas and add are gets and sets here.",
    "ETC's popularity is Zipf 0.95, of which 1 % of 100 000 keys take 55 % of the requests, as in "
    "the paper; USR's is not published in numbers, and Zipf 0.99 is assumed.",
)


@dataclass(frozen=True)
class Workload:
    name: str
    items: tuple
    requests: tuple


def _workload(name, key_bytes, sizes, zipf, gets):
    """@gets of 1000 requests."""
    option = "--value-sizes" if not sizes.isdigit() else "--value-bytes"
    return Workload(name, ("--keys", "100000", "--key-bytes", str(key_bytes), option, sizes,
                           "--zipf", str(zipf)), ("--mix", f"{gets}:{1000 - gets}"))


WORKLOADS = (
    _workload("ETC", 36, "etc", 0.95, 968),  # 30 gets to an update
    _workload("USR", 21, "10", 0.99, 998),
    _workload("cluster52", 20, "273", 1.21, 910),
    _workload("cluster18", 18, "37", 2.0994, 960),
    _workload("cluster24", 32, "699", 1.3726, 990),
    _workload("cluster19", 42, "101", 0.735, 750),
    _workload("cluster12", 44, "1030", 0.3048, 200),
)

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every experiment of scripts/bench.sh, one entry each. model.py says what the fields mean."""

from model import Experiment, Plot, Point, Side
from workloads import WORKLOADS

STOCK = Side("memcached")
SR = Side("memcached-sr", server="sr")
TC = Side("BMC at TC", bmc=("--hook", "tc"))
XDP = Side("BMC at XDP", bmc=("--hook", "xdp"))
SR_TC = Side("sr + BMC at TC", server="sr", bmc=("--hook", "tc"))
SR_XDP = Side("sr + BMC at XDP", server="sr", bmc=("--hook", "xdp"))
TCP = Side("BMC serving TCP", bmc=("--hook", "tc", "--tcp", "on"))
SR_TCP = Side("sr + BMC serving TCP", server="sr", bmc=("--hook", "tc", "--tcp", "on"))
BYSTANDER = Side("BMC, TCP passed", bmc=("--hook", "tc", "--tcp", "off"))

KEYS = ("--keys", "10000")
BARS = (Plot("bars"),)
MIXES = ("100:0", "90:10", "50:50", "10:90")
PORTS = ("--from-port-range", "40000:40063")  # memcached-sr gives one client always to one thread
CORES = (Point("1 core", ("kernel", "--threads", "1", "--cpu", "0", *PORTS), 1, cpus="0", threads=1),
         Point("2 cores", ("kernel", "--threads", "2", "--cpu", "0,1", *PORTS), 2, cpus="0,1",
               threads=2))
SETTLED = ("--warmup", "200ms")  # what the client's start costs is no latency of the server
ONE_BY_ONE = ("--connections", "1", "--outstanding", "1", *SETTLED)
ABSENT = ("--key-bytes", "17")  # keys of another length: nobody has stored them


def hit_and_miss(transport):
    """One by one; on CPUs that client and server share, nobody has to be woken on another one."""
    return tuple(Point(f"{what}, CPUs {how}", (transport, *ONE_BY_ONE, *keys), placement=placement)
                 for how, placement in (("shared", "mixed"), ("apart", "apart"))
                 for what, keys in (("present", ()), ("absent", ABSENT)))


HIT_MISS_PLOTS = tuple(Plot("cdf", point=f"{what}, CPUs {how}")
                       for how in ("shared", "apart") for what in ("present", "absent"))


def many(share):
    """10 000 keys of which this many percent have 32 bytes, the others 8 KiB."""
    return ("--value-sizes", f"32:{share},8192:{100 - share}")


EXPERIMENTS = (
    Experiment(
        "throughput-udp", "Gets over UDP, closed loop",
        "How many gets a client gets answered that always keeps 64 under way.",
        (STOCK, SR, TC, XDP, SR_TC, SR_XDP),
        (Point("1 socket", ("udp", "--connections", "1", "--outstanding", "64")),
         Point("64 sockets", ("udp", "--connections", "64", "--outstanding", "1"))),
        ("rps", "p50", "p99", "server_us", "machine_us", "client_cpus", "lost", "share"), BARS, KEYS,
        placement="best"),
    Experiment(
        "throughput-tcp", "Gets over TCP, closed loop",
        "The same over TCP, and what BMC costs connections that it does not serve.",
        (STOCK, SR, TCP, SR_TCP, BYSTANDER),
        (Point("64 connections", ("tcp", "--connections", "64", "--outstanding", "1")),
         Point("8, 8 pipelined", ("tcp", "--connections", "8", "--outstanding", "8"))),
        ("rps", "p50", "p99", "server_us", "machine_us", "client_cpus", "share"), BARS, KEYS,
        placement="best", quick_points=(0,)),
    Experiment(
        "rate-udp", "Gets over UDP, open loop",
        "How long a get takes if requests arrive at a rate, whatever the server does.",
        (STOCK, SR, TC, XDP),
        tuple(Point(f"{rate} k/s", ("udp", "--connections", "16", "--rate", f"{rate}000", *SETTLED), rate)
              for rate in (20, 50, 80, 120, 160)),
        ("p99", "p50", "p99_9", "lost", "rps"),
        (Plot("curve", "p99", x_title="requests per second, thousands", y_log=True),
         Plot("cdf", point="50 k/s")), KEYS, placement="apart",
        quick_points=(1, 3), quick_sides=(0, 2, 3)),
    Experiment(
        "rate-tcp", "Gets over TCP, open loop",
        "The same over TCP.",
        (STOCK, SR, TCP),
        tuple(Point(f"{rate} k/s", ("tcp", "--connections", "32", "--rate", f"{rate}000", *SETTLED), rate)
              for rate in (10, 20, 40, 60)),
        ("p99", "p50", "p99_9", "rps"),
        (Plot("curve", "p99", x_title="requests per second, thousands", y_log=True),
         Plot("cdf", point="20 k/s")), KEYS, placement="apart",
        quick_points=(1,), quick_sides=(0, 2)),
    Experiment(
        "cores", "Gets over UDP by cores",
        "How throughput grows with cores: gets are generated in the kernel, from 64 ports, server and generator on these cores.",
        (STOCK, SR, TC, XDP), CORES, ("rps", "share"),
        (Plot("bars", y_log=True),), KEYS, is_fresh=True, quick_sides=(0, 2, 3)),
    Experiment(
        "cacheable", "Share of cacheable requests",
        "Values of 32 bytes are cached, those of 8 KiB never fit a datagram and are memcached's.",
        (STOCK, TC),
        tuple(Point(f"{share} %", ("udp", "--uniform", "--connections", "8", "--outstanding", "4"), share,
                    items=many(share)) for share in (100, 75, 50, 25, 0)),
        ("rps", "p50", "p99", "lost", "share"),
        (Plot("curve", x_title="gets of 32-byte values, %"),), KEYS, placement="best", is_fresh=True),
    Experiment(
        "cache-size", "Size of the cache",
        "100 000 keys with values of 100 bytes, which need 19 MiB; Zipf 0.99.",
        (STOCK, TC),
        tuple(Point(f"{mib} MiB", ("udp",), mib, memory=f"{mib}M") for mib in (1, 2, 4, 8, 16, 32)),
        ("rps", "share", "p99"),
        (Plot("curve", "share", x_title="memory of the cache, MiB", x_log=True),
         Plot("curve", x_title="memory of the cache, MiB", x_log=True)),
        ("--keys", "100000", "--value-bytes", "100"), placement="best", is_fresh=True, warm="zipf",
        warm_seconds=2.5, quick_points=(1, -1)),
    Experiment(
        "hit-miss", "Latency of a hit and of a miss, UDP",
        "One client with one get under way. Absent keys are in neither: BMC passes them to memcached.",
        (STOCK, TC, XDP),
        hit_and_miss("udp"), ("p50", "p99", "p99_9", "share", "hit_ratio"), HIT_MISS_PLOTS, KEYS,
        quick_points=(0, 1)),
    Experiment(
        "hit-miss-tcp", "Latency of a hit and of a miss, TCP",
        "The same over one TCP connection.",
        (STOCK, TCP),
        hit_and_miss("tcp"), ("p50", "p99", "p99_9", "share", "hit_ratio"), HIT_MISS_PLOTS, KEYS,
        quick_points=(0, 1)),
    Experiment(
        "costs", "What BMC costs where it cannot help",
        "Gets of keys that memcached does not have, and sets alone.",
        (STOCK, TC, XDP),
        (Point("absent, UDP", ("udp", *ABSENT)),
         Point("absent, TCP", ("tcp", "--connections", "16", *ABSENT)),
         Point("sets, TCP", ("tcp", "--connections", "16", "--mix", "0:100")),
         Point("sets, UDP", ("udp", "--mix", "0:100", "--sets", "udp"))),
        ("rps", "p50", "set_p50", "server_us", "machine_us", "hit_ratio"), BARS, KEYS,
        placement="best", quick_points=(0, 2), quick_sides=(0, 1)),
    Experiment(
        "mix-udp", "Gets and sets: gets over UDP, sets over TCP",
        "What writes leave of the gain: 64 clients with one request under way each.",
        (STOCK, TC, XDP),
        tuple(Point(mix, ("udp", "--mix", mix, "--connections", "64", "--outstanding", "1"))
              for mix in MIXES),
        ("rps", "p99", "set_p99", "lost", "share"), BARS, KEYS, placement="best",
        quick_points=(0, 2), quick_sides=(0, 1)),
    Experiment(
        "mix-tcp", "Gets and sets over TCP",
        "The same with both over TCP.",
        (STOCK, TCP, BYSTANDER),
        tuple(Point(mix, ("tcp", "--mix", mix, "--connections", "64")) for mix in MIXES),
        ("rps", "p99", "set_p99", "share"), BARS, KEYS, placement="best",
        quick_points=(1,), quick_sides=(0, 1)),
    Experiment(
        "workloads-udp", "Published workloads, gets over UDP, sets over TCP",
        "Models of Facebook's pools and of clusters of Twitter; see below for what they leave out.",
        (STOCK, TC),
        tuple(Point(each.name, ("udp", "--connections", "64", "--outstanding", "1", *each.requests),
                    items=each.items) for each in WORKLOADS),
        ("rps", "p50", "p99", "lost", "share"), BARS, placement="best", is_fresh=True, warm="zipf",
        quick_points=(0, 2)),
    Experiment(
        "workloads-tcp", "Published workloads over TCP",
        "The same with both over TCP.",
        (STOCK, TCP),
        tuple(Point(each.name, ("tcp", "--connections", "64", *each.requests), items=each.items)
              for each in WORKLOADS),
        ("rps", "p50", "p99", "share"), BARS, placement="best", is_fresh=True, warm="zipf", quick_points=(4,)),
    Experiment(
        "multiget", "Keys per get, UDP",
        "Keys of 32 bytes with values of 10; one get has 1 to 64 of them.",
        (STOCK, TC, XDP),
        tuple(Point(f"{keys}", ("udp", "--multiget", str(keys), "--outstanding", "16"), keys)
              for keys in (1, 2, 4, 8, 16, 24, 32, 64)),
        ("keys_per_s", "rps", "p99", "lost", "share"),
        (Plot("curve", "keys_per_s", x_title="keys per get", x_log=True, y_log=True),),
        (*KEYS, "--key-bytes", "32", "--value-bytes", "10"), placement="best", quick_points=(0, 4, 7),
        quick_sides=(0, 1)),
    Experiment(
        "hot-key", "One hot key",
        "All gets are for one key, generated in the kernel on one core and on two.",
        (STOCK, SR, TC, XDP),
        tuple(Point(point.label, (*point.load, "--single-key"), point.x) for point in CORES),
        ("rps", "share"), (Plot("bars", y_log=True),), ("--keys", "10"), warm_seconds=0.5,
        quick_sides=(0, 3)),
    Experiment(
        "neighbours", "Neighbours on the same CPUs",
        "20 000 gets a second over UDP, beside nothing, a program that computes, and a memcached that sends 8 KiB values over TCP.",
        (STOCK, TC, XDP),
        tuple(Point(label, ("udp", "--connections", "16", "--rate", "20000"), neighbour=kind)
              for label, kind in (("alone", ""), ("beside computing", "cpu"), ("beside network", "net"))),
        ("neighbour", "p50", "p99", "rps", "lost", "server_us"),
        (Plot("bars", "neighbour"), Plot("bars", "p99", y_log=True)), KEYS, seconds=3,
        quick_points=(1, 2), quick_sides=(0, 1)),
    Experiment(
        "memory", "Memory per item",
        "Keys of 16 bytes; 16 MiB are filled until something has to give way. It is a count, made twice. "
        "What BMC takes comes on top of what memcached takes for the same item. "
        "What memcached spends on its hash table is beyond its 16 MiB; BMC's index is within.",
        (STOCK, TC),
        tuple(Point(f"{size} bytes", ("udp",), size, memory="16M",
                    items=("--keys", str(keys), "--value-bytes", str(size)))
              for size, keys in ((10, 220000), (32, 180000), (100, 120000), (400, 50000), (1000, 25000))),
        ("item_bytes", "items"),
        (Plot("curve", "item_bytes", x_title="bytes of the value", x_log=True, y_log=True),),
        way="fill", is_fresh=True, warm_seconds=8, most_rounds=2, quick_points=(3,)),
    Experiment(
        "warm-up", "Hit rate from an empty cache",
        "100 000 keys, Zipf 0.99, a full load from one client; the hit rate ten times a second.",
        (TC, XDP),
        (Point("UDP", ("udp",)),),
        ("t90", "final_hits"), (Plot("series", point="UDP", x_title="seconds since the first get"),),
        ("--keys", "100000"), way="warm_up", seconds=6, warm_seconds=0.2, quick_sides=(0,)),
)

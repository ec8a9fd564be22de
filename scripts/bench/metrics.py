# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is read off a measurement: names, units, and how to get it from the facts of one load."""

import os
from dataclasses import dataclass
from typing import Callable

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str
    show: Callable  # a value as text, without its unit
    more_is_better: bool = True


def _rate(value):
    """In thousands a second."""
    return f"{value / 1e3:.1f}" if value < 1e5 else f"{value / 1e3:.0f}"


def _micro(value):
    return f"{value:.1f}" if value < 1000 else f"{value:.0f}"


METRICS = {
    "rps": Metric("requests", "k/s", _rate),
    "keys_per_s": Metric("keys", "k/s", _rate),
    "hit_ratio": Metric("hit ratio", "%", lambda v: f"{100 * v:.1f}"),
    "share": Metric("answered by BMC", "%", lambda v: f"{100 * v:.1f}"),
    "p50": Metric("median latency", "µs", _micro, False),
    "p99": Metric("99th percentile", "µs", _micro, False),
    "p99_9": Metric("99.9th percentile", "µs", _micro, False),
    "set_p50": Metric("median latency of sets", "µs", _micro, False),
    "set_p99": Metric("99th percentile of sets", "µs", _micro, False),
    "server_us": Metric("memcached's CPU time per request", "µs", lambda v: f"{v:.2f}", False),
    "machine_us": Metric("the machine's CPU time per request", "µs", lambda v: f"{v:.2f}", False),
    "client_cpus": Metric("CPUs that the client used", "CPUs", lambda v: f"{v:.2f}", False),
    "lost": Metric("requests lost", "%", lambda v: f"{100 * v:.2f}", False),
    "neighbour": Metric("the neighbour's work: hashes of 16 KiB, or gets of 8 KiB", "k/s", _rate),
    "item_bytes": Metric("memory per item", "bytes", lambda v: f"{v:.0f}", False),
    "items": Metric("items held", "thousands", lambda v: f"{v / 1e3:.1f}"),
    "t90": Metric("time to 90 % of the final hit rate", "s", lambda v: f"{v:.2f}", False),
    "final_hits": Metric("final hit rate", "%", lambda v: f"{100 * v:.1f}"),
}


def hits_and_passes(stats):
    """Requests that BMC answered and gets that it left to memcached, UDP and TCP."""
    tcp = stats.get("tcp") or {"counts": {"served": 0}, "passes": {}}
    left = sum(count for passes in (stats["passes"], tcp["passes"])
               for reason, count in passes.items() if reason != "not_get")
    return stats["counts"]["hits"] + tcp["counts"]["served"], left


def share_between(before, after):
    """Of the gets that BMC met between two readings, those that it answered."""
    hits, left = (now - then for now, then in zip(hits_and_passes(after), hits_and_passes(before)))
    return hits / (hits + left) if hits + left else 0.0


def share_of_load(load, before, after):
    """Of the gets of a load, those that BMC answered. Over TCP it does not count a get that finds
    its connection busy, so the client's count is what they are a share of; what was answered
    while the client warmed up is left out by its share of the time."""
    options = load.get("options", {})
    gets = load["counts"].get("gets", 0)
    if options.get("transport") != "tcp" or not gets:
        return share_between(before, after)
    hits = hits_and_passes(after)[0] - hits_and_passes(before)[0]
    measured = load["measured_s"] / (load["measured_s"] + options["warmup_s"])
    return min(1.0, hits * measured / gets)


def cpu_times(text, requests):
    """Microseconds per request, of memcached and of the machine, from two lines of measure.sh."""
    before, after = ([int(word) for word in line.split()] for line in text.splitlines())
    server, _, busy, *_ = (now - then for now, then in zip(after, before))
    scale = 1e6 / TICKS_PER_SECOND / max(1, requests)
    return server * scale, busy * scale


def of_load(load, cpu_text, before=None, after=None):
    """{metric: value} of one load, and its curves."""
    counts = load["counts"]
    requests = counts.get("requests", counts.get("replies", 0))
    values = {"rps": load["throughput_rps"]}
    values["server_us"], values["machine_us"] = cpu_times(cpu_text, requests)
    if before and after:
        values["share"] = share_of_load(load, before, after)
    if "latency_us" in load:
        values["keys_per_s"] = load["keys_per_s"]
        values["hit_ratio"] = load["hit_ratio"]
        values["client_cpus"] = load["client_cpu_cores"]
        values["lost"] = counts["lost"] / max(1, requests + counts["lost"])
        for prefix, key in (("", "latency_us"), ("set_", "set_latency_us")):
            if load[key]["count"]:
                for name in ("p50", "p99", "p99_9"):
                    values[prefix + name] = load[key][name]
    return values

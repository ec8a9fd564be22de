#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""figures_table.py FACTS [--json FILE]: the figures of docs/performance.md from what
scripts/lib/figures.sh measured. Each is a median over the rounds; a ratio is the median
of the rounds' ratios; the sides of a round were measured right after another.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import machine  # noqa: E402
import markdown  # noqa: E402


class Facts:
    """What was measured, by figure, side and round."""

    def __init__(self, folder):
        self.folder = folder

    def rounds(self, figure, side, kind="load"):
        """{round: content} of FIGURE.SIDE.*.KIND."""
        found = {}
        for path in self.folder.glob(f"{figure}.{side}.*.{kind}"):
            number = int(re.fullmatch(r"\w+\.\w+\.(\d+)\.\w+", path.name)[1])
            found[number] = json.loads(path.read_text())
        return found

    def rates(self, figure, side):
        return {number: load["throughput_rps"]
                for number, load in self.rounds(figure, side).items()}

    def p99_us(self, figure, side):
        return {number: load["latency_us"]["p99"]
                for number, load in self.rounds(figure, side).items()}

    def server_cpu_us(self, figure, side):
        """Of the CPUs that the server has to itself (hosts_apart), for each request."""
        costs = {}
        for number, load in self.rounds(figure, side).items():
            path = self.folder / f"{figure}.{side}.{number}.cpu"
            before, after = (list(map(int, line.split())) for line in path.read_text().splitlines())
            costs[number] = (1e6 * (after[3] - before[3]) / os.sysconf("SC_CLK_TCK")
                             / (load["throughput_rps"] * load["measured_s"]))
        return costs


def middle(values):
    values = list(values)
    return statistics.median(values) if values else None


def ratio_of(above, below):
    """Round by round; rounds that only one of them has are left out."""
    return [above[number] / below[number] for number in above if below.get(number)]


def rate(value):
    if value is None:
        return "-"
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:.1f} k/s"


def sides(facts, figure, *names):
    return ", ".join(f"{name} {rate(middle(facts.rates(figure, name).values()))}" for name in names)


def share(facts, figure, side):
    """Of all requests in each round, those that the kernel answered."""
    shares = []
    for number, after in facts.rounds(figure, side, "after").items():
        before = facts.rounds(figure, side, "before")[number]
        hits = after["counts"]["hits"] - before["counts"]["hits"]
        passes = sum(after["passes"].values()) - sum(before["passes"].values())
        shares.append(hits / max(1, hits + passes))
    return shares


def time_to_ninety(facts):
    """Seconds until an interval's hit rate reached 90 % of what it was in the end."""
    times = []
    for series in facts.rounds("F9", "bmc", "series").values():
        final = statistics.median(point["hit_rate"] for point in series[-20:])
        times.append(next(point["t_s"] for point in series if point["hit_rate"] >= 0.9 * final))
    return times


def items_held(facts):
    return [sum(each["used_blocks"] for each in stats["classes"])
            for stats in facts.rounds("F8", "bmc", "after").values()]


def best(facts, figure, *names):
    """In each round, the rate of the best of the sides."""
    sides_rates = [facts.rates(figure, name) for name in names]
    return {number: max(rates.get(number, 0) for rates in sides_rates)
            for number in sides_rates[0]}


def in_us(facts, figure, values):
    return ", ".join(f"{side} {middle(values(figure, side).values()):.1f} us"
                     for side in ("bmc", "stock") if facts.rounds(figure, side))


def tcp_figures(facts):
    """As figures()."""
    for figure, what, reach in (
            ("T1", "one connection, against stock", "≥ 4"),
            ("T2", "64 connections, one client thread, against stock", "≥ 1.7"),
            ("T4", "two client threads on two CPUs, against stock", "≥ 2.5"),
            ("T6", "1000-byte values, 64 connections, against stock", "≥ 1.6"),
            ("T7x1", "1 % loss each way, one request under way, against stock", "≥ 0.95"),
            ("T7x8", "the same, eight pipelined", ""),
            ("T8", "misses only, against BMC absent", "≥ 0.93")):
        yield (figure, what,
               ratio_of(facts.rates(figure, "bmc"), facts.rates(figure, "stock")), reach,
               sides(facts, figure, "bmc", "stock"))
    yield ("T3", "CPU time of the server's side for a request, against stock",
           ratio_of(facts.server_cpu_us("T3", "bmc"), facts.server_cpu_us("T3", "stock")),
           "≤ 0.25", in_us(facts, "T3", facts.server_cpu_us))
    yield ("T5", "99th percentile of the latency at 80 % of stock's best rate, against stock",
           ratio_of(facts.p99_us("T5", "bmc"), facts.p99_us("T5", "stock")), "≤ 0.3",
           in_us(facts, "T5", facts.p99_us))


STOCK_ASKED = ("sockets1", "sockets2", "generated1", "generated2")


def figures(facts):
    """(figure, what, values, reach, sides) for each figure that was measured."""
    f1 = facts.rates("F1", "bmc")
    yield ("F1", "served, 10 000 keys, Zipf, against the echo",
           ratio_of(f1, facts.rates("F1", "echo")), "≥ 0.75", sides(facts, "F1", "bmc", "echo"))
    yield ("F1", "the same, keys uniform",
           ratio_of(facts.rates("F1", "uniform"), facts.rates("F1", "echo")), "",
           sides(facts, "F1", "uniform", "echo"))
    stock = best(facts, "F2", *STOCK_ASKED)
    for side, what in (("bmc1", "served on one CPU"), ("bmc2", "served on both CPUs")):
        yield ("F2", f"{what}, against stock on both, however asked",
               ratio_of(facts.rates("F2", side), stock), "≥ 18",
               sides(facts, "F2", side, *STOCK_ASKED))
    yield ("F3", "200 000 keys, 400-byte values, Zipf, against the echo",
           ratio_of(facts.rates("F3", "bmc"), facts.rates("F3", "echo")), "≥ 0.5",
           sides(facts, "F3", "bmc", "echo"))
    yield ("F3", "the same, keys uniform",
           ratio_of(facts.rates("F3", "uniform"), facts.rates("F3", "echo")), "",
           sides(facts, "F3", "uniform", "echo"))
    yield ("F4", "socket client at TC against stock",
           ratio_of(facts.rates("F4", "bmc"), facts.rates("F4", "stock")), "≥ 2.3",
           sides(facts, "F4", "bmc", "stock"))
    yield ("F5", "two generators, one hot key, against one",
           ratio_of(facts.rates("F5", "two"), facts.rates("F5", "one")), "≥ 1.8",
           sides(facts, "F5", "two", "one"))
    yield ("F6", "TCP 50:50, 64 connections, BMC attached with --tcp off, against absent",
           ratio_of(facts.rates("F6", "bmc"), facts.rates("F6", "stock")), "≥ 0.95",
           sides(facts, "F6", "bmc", "stock"))
    yield ("F7", "hit rate, gets to sets 90:10", share(facts, "F7", "mix90"), "≥ 0.97",
           sides(facts, "F7", "mix90"))
    yield ("F7", "hit rate, gets to sets 50:50", share(facts, "F7", "mix50"), "≥ 0.90",
           sides(facts, "F7", "mix50"))
    yield ("F8", "items of 16 + 100 bytes in 256 MiB, millions",
           [held / 1e6 for held in items_held(facts)], "≥ 1.2", "")
    yield ("F9", "seconds to 90 % of the final hit rate", time_to_ninety(facts), "≤ 3", "")
    yield ("F10", "multi-get of 24 keys against stock",
           ratio_of(facts.rates("F10", "bmc"), facts.rates("F10", "stock")), "≥ 4",
           sides(facts, "F10", "bmc", "stock"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    facts = Facts(options.facts)
    report = {"schema": "bmc-figures/1", "machine": machine.describe(),
              "figures": [{"figure": figure.partition("x")[0], "what": what,
                           "median": middle(values), "rounds": values, "reach": reach,
                           "sides": both}
                          for figure, what, values, reach, both in (*figures(facts), *tcp_figures(facts))
                          if values]}
    print(markdown.figures_table(report["figures"]))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

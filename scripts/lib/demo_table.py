#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""demo_table.py FACTS [--json FILE]: what scripts/lib/measure.sh noted, side by side.

Every figure is the median over the rounds; ratios are of medians.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics

TICKS = os.sysconf("SC_CLK_TCK")
TITLES = {
    "gets": "UDP gets, one client thread with 64 under way",
    "mix": "the same with every tenth request a set over TCP",
    "tcp1": "TCP gets, one connection with one under way",
    "tcp": "TCP gets, 64 connections with one under way on each, one client thread",
    "tcpmix": "the same with every tenth request a set",
    "kernel": "UDP gets made in the kernel, BMC at XDP, against memcached's best rate above",
}


def figures_of(facts, row, variant, number):
    """One measurement's figures by name."""
    base = f"{row}.{variant}.{number}"
    load = json.loads((facts / f"{base}.load").read_text())
    figures = {"rate": load["throughput_rps"]}
    if row != "kernel":  # the generator takes no times
        figures |= {name: load["latency_us"][name] for name in ("p50", "p99", "p99_9")}
        figures |= cpu_figures(facts / f"{base}.cpu", load)
    figures["served"] = served_percent(facts, base, load)
    return figures


def cpu_figures(path, load):
    before, after = (list(map(int, line.split())) for line in path.read_text().splitlines())
    memcached, every, busy, _ = (then - now for now, then in zip(before, after))
    requests = load["throughput_rps"] * load["measured_s"]
    # The machine's ticks, all CPUs together, are the clock of this measurement.
    seconds = every / TICKS / os.cpu_count()
    return {"cpu_percent": 100 * memcached / TICKS / seconds,
            "cpu_us": 1e6 * memcached / TICKS / requests,
            "machine_us": 1e6 * busy / TICKS / requests}


def served_percent(facts, base, load):
    """Gets that the kernel answered, of those that came; 0 without BMC."""
    if not (facts / f"{base}.after").exists():
        return 0.0
    before, after = (json.loads((facts / f"{base}.{when}").read_text())
                     for when in ("before", "after"))
    if load["options"].get("transport") == "tcp":
        served = after["tcp"]["counts"]["served"] - before["tcp"]["counts"]["served"]
        return min(100.0, 100 * served / load["counts"]["gets"])
    hits = after["counts"]["hits"] - before["counts"]["hits"]
    passes = sum(after["passes"].values()) - sum(before["passes"].values())
    return 100 * hits / max(1, hits + passes)


def read_rounds(facts):
    """{(row, variant): [figures of each round]}"""
    rounds = {}
    for path in sorted(facts.glob("*.load")):
        row, variant, number = re.fullmatch(r"(\w+)\.(\w+)\.(\d+)", path.stem).groups()
        rounds.setdefault((row, variant), []).append(figures_of(facts, row, variant, number))
    return rounds


def medians(rounds):
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def short(number):
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.{3 - len(str(int(number / size)))}f} {unit}"
    return f"{number:.0f}"


def line(name, stock, bmc, ratio=""):
    print(f"  {name:<38} {stock:>12} {bmc:>12} {ratio:>9}")


def ratio(one, other):
    return f"{one / other:.1f}x" if other else ""


def print_row(stock, bmc):
    line("requests a second", short(stock["rate"]), short(bmc["rate"]),
         ratio(bmc["rate"], stock["rate"]))
    for name, label in (("p50", "p50"), ("p99", "p99"), ("p99_9", "p99.9")):
        line(f"latency {label}, us", f"{stock[name]:.0f}", f"{bmc[name]:.0f}",
             ratio(stock[name], bmc[name]))
    line("answered in the kernel", "", f"{bmc['served']:.1f} %")
    line("memcached's CPU", f"{stock['cpu_percent']:.0f} %", f"{bmc['cpu_percent']:.0f} %")
    line("memcached's CPU per request, us", f"{stock['cpu_us']:.2f}", f"{bmc['cpu_us']:.2f}",
         ratio(stock["cpu_us"], bmc["cpu_us"]))
    line("all CPU per request, client too, us", f"{stock['machine_us']:.2f}",
         f"{bmc['machine_us']:.2f}", ratio(stock["machine_us"], bmc["machine_us"]))


def cpu_model():
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def machine():
    return {"cpu": cpu_model(), "cpus": os.cpu_count(), "kernel": platform.release()}


def print_table(table):
    host = machine()
    print(f"\n{host['cpu']}, {host['cpus']} CPUs, Linux {host['kernel']}; 10 000 keys of 16 bytes, "
          "values of 32, Zipf 0.99\n")
    line("", "memcached", "with BMC", "")
    for row in ("tcp1", "tcp", "tcpmix", "gets", "mix"):
        print(TITLES[row])
        print_row(table[row, "stock"], table[row, "bmc"])
    best = max(table[row, "stock"]["rate"] for row in ("gets", "mix"))
    print(TITLES["kernel"])
    kernel = table["kernel", "bmc"]
    line("requests a second", short(best), short(kernel["rate"]), ratio(kernel["rate"], best))
    line("answered in the kernel", "", f"{kernel['served']:.1f} %")
    print("\nOf each side the better way counts: client and server sharing the CPUs, or kept apart.")
    print("Every reply to the client was verified, and one in 4096 of those to the generator.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    rounds = read_rounds(options.facts)
    table = {key: medians(each) for key, each in rounds.items()}
    print_table(table)
    if options.json:
        report = {"schema": "bmc-demo/1", "machine": machine(), "rows": [
            {"row": row, "variant": variant, "median": table[row, variant], "rounds": each}
            for (row, variant), each in rounds.items()]}
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

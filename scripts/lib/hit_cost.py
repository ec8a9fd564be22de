#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""hit_cost.py FACTS [--json FILE]: what a hit costs, and the model of it, from what
scripts/hit_cost.sh measured. Times are nanoseconds for a request, medians over the rounds.

The model: a request takes what the echo takes (the driver, the sender and the counting of
replies), the program's own work, and two loads that wait for each other: the bucket's line,
and all lines of the block at once. Work is what the smallest number of items costs beyond the
echo and its two loads; how long a load takes is read off a walk through memory of the size
that the items and the buckets' lines take together, by items of as many lines.
"""

import argparse
import json
import math
import pathlib
import statistics

from figures_table import Facts, middle, share

LINE_BYTES = 64
BLOCK_HEADER_BYTES = 28
KEY_BYTES = 16
LINES_MEASURED = (1, 2, 8)  # of an item

# What the program does, by the files of bpf/ that it is written in.
STAGES = (
    ("parse the headers", ("packet.h", "hooks.h")),
    ("admit the source", ("admit.h",)),
    ("copy the request, sum and hash it", ("load.h", "words.h", "hash.h", "scratch.h", "types.h")),
    ("parse the get", ("request.h", "meta.h")),
    ("bucket and block", ("find.h", "index.h", "slab.h", "maps.h")),
    ("write the reply's text", ("reply.h", "frame.h", "kernel.h")),
    ("headers and checksum", ("headers.h", "checksum.h")),
)
REST = "the rest of the program"


def reply_text_bytes(value_bytes):
    """Of VALUE, key, flags, length and value, as it lies in a block."""
    return 6 + KEY_BYTES + 3 + len(str(value_bytes)) + 2 + value_bytes + 2


def block_bytes(value_bytes, stats):
    needed = BLOCK_HEADER_BYTES + reply_text_bytes(value_bytes)
    return min(size for each in stats["classes"] if (size := each["block_bytes"]) >= needed)


def working_set_bytes(keys, value_bytes, stats):
    """Of the blocks, and of the lines of the buckets that link them."""
    lines = stats["buckets"] * -math.expm1(-keys / stats["buckets"])
    return keys * block_bytes(value_bytes, stats) + LINE_BYTES * lines


class Latency:
    """Of loading an item of so many lines, by the bytes of all items: between two measured
    sizes as the logarithm of the size says."""

    def __init__(self, folder, lines):
        times = {}
        for path in folder.glob(f"latency.{lines}.*"):
            for line in path.read_text().splitlines():
                size, time = line.split()
                times.setdefault(int(size), []).append(float(time))
        self.points = sorted((size, statistics.median(each)) for size, each in times.items())

    def at(self, size):
        below = [point for point in self.points if point[0] <= size] or self.points[:1]
        above = [point for point in self.points if point[0] > size] or self.points[-1:]
        (low, low_ns), (high, high_ns) = below[-1], above[0]
        if low >= high:
            return low_ns
        return low_ns + (high_ns - low_ns) * math.log(size / low) / math.log(high / low)


def loads_of(folder):
    """[(keys, value bytes)] that were measured."""
    names = {path.name.split(".")[1] for path in folder.glob("bmc.*.load")}
    return sorted((tuple(map(int, name.split("x"))) for name in names), key=lambda x: (x[1], x[0]))


def time_ns(facts, side, load):
    rate = middle(facts.rates(side, "%dx%d" % load).values())
    return 1e9 / rate if rate else None


def stages_ns(folder, load, total_ns):
    """{stage: ns}, of all samples that were taken on the CPU."""
    rounds = []
    for path in folder.glob("stages.%dx%d.*" % load):
        report = json.loads(path.read_text())
        by_file = {row["where"]: row["of_all"] for row in report["rows"]}
        stages = {name: sum(by_file.pop(file, 0) for file in files) for name, files in STAGES}
        stages[REST] = sum(by_file.values())
        rounds.append({name: share * total_ns for name, share in stages.items()})
    return {name: statistics.median(each[name] for each in rounds)
            for name in rounds[0]} if rounds else {}


def predictions(facts, folder):
    """A row for each load: measured, and what the model says."""
    bucket = Latency(folder, 1)
    stats = json.loads((folder / "stats").read_text())
    work, rows = {}, []
    for keys, value_bytes in loads_of(folder):
        bmc = time_ns(facts, "bmc", (keys, value_bytes))
        echo = time_ns(facts, "echo", (keys, value_bytes))
        if not bmc or not echo:
            continue
        size = working_set_bytes(keys, value_bytes, stats)
        block = Latency(folder, math.ceil(block_bytes(value_bytes, stats) / LINE_BYTES))
        loads = bucket.at(size) + block.at(size)
        # The first of each length of value is the smallest: what it is fitted to.
        fitted = value_bytes not in work
        if fitted:
            work[value_bytes] = bmc - echo - loads
        rows.append({"keys": keys, "value_bytes": value_bytes, "working_set_bytes": size,
                     "hit_share": statistics.median(share(facts, "bmc", "%dx%d" % (keys, value_bytes))),
                     "echo_ns": echo, "measured_ns": bmc, "two_loads_ns": loads,
                     "work_ns": work[value_bytes], "fitted": fitted,
                     "model_ns": echo + work[value_bytes] + loads})
    return rows


def print_stages(found):
    names = [name for name, _ in STAGES] + [REST]
    heads = ["%d items, %d-byte values" % load for load in found]
    print("| stage | " + " | ".join(heads) + " |")
    print("| --- |" + " --- |" * len(heads))
    for name in names:
        print(f"| {name} | " + " | ".join(f"{each[name]:.0f} ns" for each in found.values()) + " |")
    print("| all of the program | "
          + " | ".join(f"{sum(each.values()):.0f} ns" for each in found.values()) + " |")


def print_predictions(rows):
    print("| items | value | working set | hits | echo | two loads | model | measured | model / measured |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        ratio = "fitted" if row["fitted"] else f"{row['model_ns'] / row['measured_ns']:.2f}"
        print(f"| {row['keys']} | {row['value_bytes']} B | {row['working_set_bytes'] / 2**20:.2f} MiB"
              f" | {100 * row['hit_share']:.1f} % | {row['echo_ns']:.0f} ns | {row['two_loads_ns']:.0f} ns | {row['model_ns']:.0f} ns"
              f" | {row['measured_ns']:.0f} ns | {ratio} |")
    for value_bytes in sorted({row["value_bytes"] for row in rows}):
        work = next(row["work_ns"] for row in rows if row["value_bytes"] == value_bytes)
        print(f"\nThe program's work with {value_bytes}-byte values: {work:.0f} ns.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    facts = Facts(options.facts)
    rows = predictions(facts, options.facts)
    stages = {}
    for load in loads_of(options.facts):
        total = time_ns(facts, "sampled", load)
        found = stages_ns(options.facts, load, total) if total else None
        if found:
            stages[load] = found
    if stages:
        print_stages(stages)
        print()
    print_predictions(rows)
    if options.json:
        options.json.write_text(json.dumps(
            {"schema": "bmc-hit-cost/1", "loads": rows,
             "stages_ns": {"%dx%d" % load: each for load, each in stages.items()},
             "load_latency_ns": {lines: Latency(options.facts, lines).points
                                 for lines in LINES_MEASURED}}, indent=2) + "\n")


if __name__ == "__main__":
    main()

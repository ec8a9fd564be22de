# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The dozen rows that README.md shows of a report: what most readers want to know, gains and costs.

    highlights.py check     whether README.md has the rows that docs/report/results.json says
    highlights.py write     puts them there
"""

import json
import pathlib
import sys
from dataclasses import dataclass

from experiments import EXPERIMENTS
from markdown import ratio_in_words, table
from metrics import METRICS
from results import Results

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN = "<!-- of docs/report/results.json, by scripts/bench/highlights.py write -->"
END = "<!-- end -->"


@dataclass(frozen=True)
class Row:
    words: str
    experiment: str
    point: str
    metric: str
    side: str


TCP, TC, XDP = "BMC serving TCP", "BMC at TC", "BMC at XDP"
ROWS = (
    Row("TCP, one get under way: median latency", "hit-miss-tcp", "present, CPUs shared", "p50", TCP),
    Row("the same, client and server on CPUs of their own", "hit-miss-tcp", "present, CPUs apart", "p50", TCP),
    Row("TCP gets, 64 connections", "throughput-tcp", "64 connections", "rps", TCP),
    Row("CPU time of the whole machine for one of them, client included", "throughput-tcp", "64 connections",
        "machine_us", TCP),
    Row("TCP gets, 8 sent together on each of 8 connections", "throughput-tcp", "8, 8 pipelined", "rps", TCP),
    Row("TCP gets to sets 90:10, 64 connections", "mix-tcp", "90:10", "rps", TCP),
    Row("99th percentile of the sets of that", "mix-tcp", "90:10", "set_p99", TCP),
    Row("UDP gets, 64 under way on one socket, at TC", "throughput-udp", "1 socket", "rps", TC),
    Row("UDP multi-gets of 24 keys of 32 bytes with values of 10, at TC", "multiget", "24", "rps", TC),
    Row("UDP gets, made in the kernel on both CPUs, at XDP", "cores", "2 cores", "rps", XDP),
    Row("what it costs: TCP gets of absent keys, 16 connections", "costs", "absent, TCP", "rps", TC),
    Row("what it costs: TCP sets alone, 16 connections", "costs", "sets, TCP", "rps", TC),
    Row("what it costs: UDP, one get of an absent key under way: median latency", "hit-miss",
        "absent, CPUs shared", "p50", TC),
)


def in_words(results, side, row):
    metric = METRICS[row.metric]
    return f"{metric.show(results.spread(side, row.point, row.metric).median)} {metric.unit}"


def cells(results, row):
    stock = results.experiment.sides[0].name
    ratio = results.ratio(row.side, row.point, row.metric, stock)
    return [row.words, in_words(results, stock, row), in_words(results, row.side, row),
            ratio_in_words(ratio)]


def highlights(run):
    found = {each.name: Results(each, run["runs"]) for each in EXPERIMENTS}
    return table(["", "memcached", "with BMC", "ratio (least – most of the rounds)"],
                 [cells(found[row.experiment], row) for row in ROWS])


def main():
    run = json.loads((ROOT / "docs/report/results.json").read_text())
    path = ROOT / "README.md"
    text = path.read_text()
    before, rest = text.split(BEGIN)
    wanted = f"{before}{BEGIN}\n{highlights(run)}\n{END}{rest.split(END, 1)[1]}"
    if sys.argv[1:] == ["write"]:
        path.write_text(wanted)
    elif sys.argv[1:] != ["check"]:
        sys.exit(__doc__)
    elif text != wanted:
        sys.exit("README.md's numbers are not those of docs/report: scripts/bench/highlights.py write")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Measures what was asked for and writes report.md, results.json and the plots. scripts/bench.sh
starts it, and tells people what the options mean."""

import argparse
import json
import pathlib
import signal
import sys
import time

import gnuplot
import machine
import markdown
from engine import Engine, Pace, plan
from experiments import EXPERIMENTS
from results import Results

QUICK_PACE = Pace(0.3, 0.25)
ROUNDS = 5


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench.sh", add_help=False)
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    names = options.only.replace(",", " ").split()
    known = {experiment.name for experiment in EXPERIMENTS}
    for name in names:
        if name not in known:
            parser.error(f"there is no experiment '{name}'; --list names them")
    options.experiments = [each for each in EXPERIMENTS if not names or each.name in names]
    return options


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def teller(begun):
    """Progress: a line for every visit."""
    def tell(index, count, left_s, visit):
        print(f"[{index + 1:4}/{count}] {clock(time.monotonic() - begun):>6} past, about "
              f"{clock(left_s):>6} left: round {visit.number}, {visit}", file=sys.stderr, flush=True)
    return tell


def measure(options):
    """The whole run, as results.json has it."""
    pace = Pace(options.seconds, 1)
    if options.quick:
        pace = Pace(QUICK_PACE.load * options.seconds, QUICK_PACE.warm)
    run = {"schema": "bmc-bench-report/1", "machine": machine.describe(), "quick": options.quick,
           "rounds": options.rounds, "seconds": pace.load, "interrupted": False}
    begun = time.monotonic()
    engine = Engine(pace, teller(begun))
    try:
        engine.go(plan(options.experiments, options.rounds, options.quick))
    except KeyboardInterrupt:
        print("interrupted: the report is of what was measured so far", file=sys.stderr)
        run["interrupted"] = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run["took_s"] = round(time.monotonic() - begun, 1)
    run["experiments"] = [{"name": each.name, "title": each.title,
                           "sides": [side.name for side in each.sides],
                           "points": [point.label for point in each.points]}
                          for each in options.experiments]
    run["runs"] = engine.runs
    return run


def write(run, folder):
    """All three kinds of file, from results.json, and figures.json if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = ",\n".join(json.dumps(each, ensure_ascii=False) for each in run["runs"])
    head = json.dumps({**run, "runs": []}, indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(head[:head.rindex("[]")] + "[\n" + runs + "\n]\n}\n")
    measured = {each["experiment"] for each in run["runs"]}
    all_results = [Results(each, run["runs"]) for each in EXPERIMENTS if each.name in measured]
    short = machine.in_short(run["machine"])
    plots = {}
    for results in all_results:
        try:
            plots[results.experiment.name] = gnuplot.draw(results, short, folder)
        except RuntimeError as error:  # a report without a plot is better than none
            print(error, file=sys.stderr)
    figures = folder / "figures.json"
    found = json.loads(figures.read_text()) if figures.exists() else None
    (folder / "report.md").write_text(markdown.report(run, all_results, plots, found))


def main():
    options = parse(sys.argv[1:])
    if options.list:
        for experiment in EXPERIMENTS:
            print(f"{experiment.name:<16} {experiment.title}")
        return 0
    if options.report:
        write(json.loads((options.report / "results.json").read_text()), options.report)
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = measure(options)
    write(run, options.out)
    failures = sum("failure" in each for each in run["runs"])
    print(f"{options.out}/report.md: {len(run['runs'])} measurements in {clock(run['took_s'])} min, "
          f"{failures} failed", file=sys.stderr)
    if run["interrupted"]:
        return 130
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

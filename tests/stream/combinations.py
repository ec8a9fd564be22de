# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Streams judged byte by byte, in every combination of kernel and wire; scripts/stream.sh runs it."""

import argparse
import contextlib
import dataclasses
import itertools
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from harness import netns, streams  # noqa: E402
from harness.rig import Rig  # noqa: E402

PAUSE_EVERY, PAUSE = 4, 0.3  # seconds that memcached runs and stands still


@dataclasses.dataclass(frozen=True)
class Run:
    number: int
    family: int
    timestamps: int
    sack: int
    percent_bad: float


def numbers(of):
    return lambda text: [of(word) for word in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(prog="stream.sh")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--percent", type=numbers(float), default=[0, 1, 2, 5])
    parser.add_argument("--family", type=numbers(int), default=[4, 6])
    parser.add_argument("--only", type=numbers(int))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stock", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=TESTS.parent / "build")
    parser.add_argument("bmc_options", nargs="*", metavar="OPTION OF bmc run")
    return parser.parse_args()


def runs_of(options):
    combinations = itertools.product(options.percent, options.family, (1, 0), (1, 0))
    runs = [Run(number, family, timestamps, sack, percent)
            for number, (percent, family, timestamps, sack) in enumerate(combinations, 1)]
    return [run for run in runs if not options.only or run.number in options.only]


def wait_with_pauses(rig, clients):
    last = time.monotonic()
    while clients.are_running():
        time.sleep(0.1)
        if time.monotonic() - last > PAUSE_EVERY:
            rig.memcached.freeze()
            time.sleep(PAUSE)
            rig.memcached.thaw()
            last = time.monotonic()


def live(run, options, seed, folder):
    """One run; its report."""
    clients = streams.Streams(options.build, folder)
    binary = None if options.stock else str(options.build / "bmc")
    rig_options = clients.rig_options(run.percent_bad, seed, threads=2)
    rig_options["options"] += tuple(options.bmc_options)
    # Segments that are sent anew are joined to others, or are not: the seed says.
    collapse = random.Random(f"collapse {seed} {run.number}").randrange(2)
    with contextlib.closing(Rig(binary, **rig_options)) as rig:
        streams.set_kernel(rig, tcp_timestamps=run.timestamps, tcp_sack=run.sack,
                           tcp_retrans_collapse=collapse)
        if run.percent_bad:
            rig.topology.wire.set(**streams.weather(run.percent_bad))
        for number, (share, load) in enumerate(streams.MIXTURE):
            clients.start(rig, "--requests", int(options.requests * share), "--seed",
                          seed * 100 + number, *load, family=run.family)
        wait_with_pauses(rig, clients)
        reports = clients.finish(None)
        kernel = rig.bmc.stats() if rig.bmc else None
        frames = rig.topology.wire.close() if run.percent_bad else None
    return dataclasses.asdict(run) | {"seed": seed, "collapse": collapse, "clients": reports,
                                      "memcached": clients.judge(), "kernel": kernel,
                                      "wire": frames}


def is_right(report):
    return report["memcached"]["exit_code"] == 0 and all(
        clients["exit_code"] == 0 for clients in report["clients"])


# ---- the table ---------------------------------------------------------------

COLUMNS = (("run", 3), ("IP", 3), ("timestamps", 10), ("SACK", 4), ("bad %", 5), ("requests", 9),
           ("requests/s", 10), ("MB sent", 8), ("MB received", 11), ("longest wait ms", 15),
           ("frames lost", 11), ("answered elsewhere", 18), ("wrong", 5), ("lost", 4),
           ("hangs", 5), ("memcached's faults", 18))


def cells(report):
    def total(name):
        return sum(clients[name] for clients in report["clients"])

    def longest(name):
        return max(clients[name] for clients in report["clients"])

    return (report["number"], f"v{report['family']}", "on" if report["timestamps"] else "off",
            "on" if report["sack"] else "off", f"{report['percent_bad']:g}", total("requests"),
            f"{total('requests') / longest('seconds'):.0f}", f"{total('bytes_sent') / 1e6:.1f}",
            f"{total('bytes_received') / 1e6:.1f}",
            f"{longest('longest_wait_ms'):.0f}",
            report["wire"]["dropped"] if report["wire"] else 0, report["memcached"]["absent"],
            total("wrong"), total("lost"), total("hangs"), report["memcached"]["faults"])


def print_row(row):
    print("| " + " | ".join(f"{cell!s:>{width}}" for cell, (_, width) in zip(row, COLUMNS)) + " |",
          flush=True)


def print_head():
    print_row([name for name, _ in COLUMNS])
    print_row(["-" * width for _, width in COLUMNS])


def print_faults(report):
    for clients in report["clients"]:
        for name in ("wrong_replies", "lost_connections", "hanging_connections"):
            for found in clients[name]:
                print(f"  {name}: {json.dumps(found)}")
    for found in report["memcached"]["findings"]:
        print(f"  memcached: {json.dumps(found)}")


def main():
    # A terminated run cleans up like an interrupted one, also where a shell has the background
    # ignore interrupts.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = parse()
    seed = options.seed or random.randrange(1, 2**31)
    runs = runs_of(options)
    netns.sweep()
    print(f"seed {seed}, {len(runs)} runs of {options.requests} requests", flush=True)
    print_head()
    reports = []
    for run in runs:
        with tempfile.TemporaryDirectory(prefix="bmc-stream-") as folder:
            report = live(run, options, seed, pathlib.Path(folder))
            if options.keep and not is_right(report):
                shutil.copytree(folder, options.keep / f"run-{run.number}", dirs_exist_ok=True)
        reports.append(report)
        print_row(cells(report))
        print_faults(report)
        if options.json:
            options.json.write_text(json.dumps(reports, indent=2))
    wrong = [report["number"] for report in reports if not is_right(report)]
    idle = []
    if not options.stock and (options.bmc_options or streams.ARE_SERVED):
        idle = [report["number"] for report in reports if not report["memcached"]["absent"]]
    print(f"{len(reports)} runs, seed {seed}: "
          + (f"something is wrong in {wrong}" if wrong else "every byte was right"))
    if idle:
        print(f"nothing was answered before memcached in {idle}")
    return 1 if wrong or idle else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Storm after storm for as long as asked; scripts/soak.sh runs it."""

import argparse
import collections
import json
import pathlib
import random
import signal
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from harness import netns  # noqa: E402
from harness.faults import rounds  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(prog="soak.sh")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--round-seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--trace", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=TESTS.parent / "build")
    return parser.parse_args()


class Summary:
    def __init__(self, seed):
        self.seed = seed
        self.rounds = []

    def add(self, report):
        self.rounds.append({key: value for key, value in report.items() if key != "commands"})

    def total(self):
        sums = collections.Counter()
        faults, kernel, wire = collections.Counter(), collections.Counter(), collections.Counter()
        for report in self.rounds:
            for name in ("requests", "operations", "reads", "hits", "violations", "timeouts",
                         "kernel_passes", "seconds"):
                sums[name] += report[name]
            faults.update(report["faults"])
            kernel.update(report["kernel"])
            wire.update(report["wire"])
        return dict(sums) | {"seed": self.seed, "rounds": len(self.rounds), "faults": dict(faults),
                             "kernel": dict(kernel), "wire": dict(wire)}


def tell(report, minutes_left):
    share = 100 * rounds.kernel_share(report)
    print(f"{report['set_up']:<28} seed {report['seed']:<12} {report['requests']:>9} requests, "
          f"{sum(report['faults'].values()):>3} faults, {share:4.1f} % in the kernel, "
          f"{report['violations']} violations; {max(0, minutes_left):.0f} min left", flush=True)
    for explanation in report["explanations"]:
        print(explanation)


def print_total(total):
    asked = total["kernel"]["hits"] + total["kernel_passes"]
    print(f"\n{total['rounds']} storms, {total['seconds'] / 60:.1f} min, seed {total['seed']}")
    print(f"{total['requests']} requests, {total['operations']} operations on keys, "
          f"{total['timeouts']} requests unanswered")
    print(f"{100 * rounds.kernel_share(total):.1f} % of {asked} gets over UDP answered "
          f"in the kernel")
    for title in ("faults", "kernel", "wire"):
        print(f"{title}: " + ", ".join(f"{n} {value}" for n, value in sorted(total[title].items())))
    print(f"{total['violations']} violations")


def main():
    # A terminated run cleans up like an interrupted one, also if it is in the background of a
    # shell, which has it ignore interrupts.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parse()
    seed = options.seed or random.randrange(1, 2**31)
    trace = ("--trace", options.trace) if options.trace else ()
    netns.sweep()
    summary = Summary(seed)
    end = time.monotonic() + options.minutes * 60
    number = 0
    while time.monotonic() < end:
        # The set-up comes from the seed, too: --seed of a round and --minutes 1 bring it back.
        set_up = rounds.SET_UPS[(seed + number) % len(rounds.SET_UPS)]
        seconds = min(options.round_seconds, max(10, end - time.monotonic()))
        report = rounds.run(options.build, set_up, seed + number, seconds, trace)
        summary.add(report)
        tell(report, (end - time.monotonic()) / 60)
        if options.json:
            options.json.write_text(json.dumps({"total": summary.total(), "rounds": summary.rounds},
                                               indent=2))
        number += 1
    total = summary.total()
    print_total(total)
    if idle := [r["seed"] for r in summary.rounds if rounds.kernel_share(r) < rounds.LEAST_SHARE]:
        print(f"the kernel answered next to nothing with the seeds {idle}")
    return 1 if total["violations"] or idle else 0


if __name__ == "__main__":
    sys.exit(main())

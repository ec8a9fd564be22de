#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Counts what a test stage did, and sums stages up.

    tally.py stage FOLDER EXIT_CODE SECONDS LIMIT
    tally.py total FOLDER...

A stage's folder is named after it and holds JUnit files (*.xml, from pytest and
gtest), checks.tsv (outcome, name, and a reason or the name of a log), and output.log.
A stage that ran no test has failed, and so has one that ended badly without
naming a test: a crash, a broken build, a hang that was cut off.
"""

import collections
import dataclasses
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

KILLED_BY_TIMEOUT = (124, 137)
TAIL_LINES = 60


@dataclasses.dataclass
class Case:
    name: str
    outcome: str  # passed, failed or skipped
    text: str = ""


def junit_case(element):
    name = f"{element.get('classname', '')}.{element.get('name', '')}"
    bad = element.findall("failure") + element.findall("error")
    if bad:
        shown = [each.text or each.get("message", "") for each in bad]
        shown += [each.text or "" for each in element.findall("system-out")]
        return Case(name, "failed", "\n".join(shown))
    skip = element.find("skipped")
    if skip is not None:
        return Case(name, "skipped", skip.get("message") or "no reason given")
    if element.get("status") == "notrun":
        return Case(name, "skipped", "disabled")
    return Case(name, "passed")


def junit_cases(folder):
    for path in sorted(folder.glob("*.xml")):
        try:
            root = ElementTree.parse(path).getroot()
        except ElementTree.ParseError as error:
            yield Case(path.name, "failed", f"cut short: {error}")
            continue
        for element in root.iter("testcase"):
            yield junit_case(element)


def checked_cases(folder):
    path = folder / "checks.tsv"
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        outcome, name, detail = (line.split("\t") + ["", ""])[:3]
        if outcome == "failed":
            detail = tail(folder / detail)
        yield Case(name, outcome, detail)


def tail(path):
    if not path.is_file():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def judge(folder, code, limit):
    """The cases of a stage, with what went wrong outside of any case as one more."""
    cases = [*junit_cases(folder), *checked_cases(folder)]
    if code in KILLED_BY_TIMEOUT:
        cases.append(Case("time limit", "failed",
                          f"killed after {limit} s; its last words:\n{tail(folder / 'output.log')}"))
    elif code != 0 and not any(case.outcome == "failed" for case in cases):
        cases.append(Case("exit code", "failed", f"{code}\n{tail(folder / 'output.log')}"))
    elif not cases:
        cases.append(Case("count of tests", "failed",
                          f"no test ran\n{tail(folder / 'output.log')}"))
    return cases


def print_failures(stage, cases):
    for case in cases:
        if case.outcome == "failed":
            print(f"\n--- FAILED {stage}: {case.name}\n{case.text.rstrip()}\n---\n")


def print_skips(cases):
    reasons = collections.Counter(case.text for case in cases if case.outcome == "skipped")
    for reason, count in reasons.items():
        print(f"   skipped {count}: {reason}")


def summary(counts):
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def report_stage(folder, code, seconds, limit):
    cases = judge(folder, code, limit)
    counts = {each: sum(case.outcome == each for case in cases)
              for each in ("passed", "failed", "skipped")}
    (folder / "tally.json").write_text(json.dumps({"seconds": seconds, **counts}))
    print_failures(folder.name, cases)
    print_skips(cases)
    print(f"   {summary(counts)} in {seconds} s", flush=True)
    return counts["failed"] == 0


def report_total(folders):
    total = collections.Counter(passed=0, failed=0, skipped=0)
    print(f"\n{'stage':<12} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for folder in folders:
        stage = json.loads((folder / "tally.json").read_text())
        print(f"{folder.name:<12} {stage['passed']:>7} {stage['failed']:>7} "
              f"{stage['skipped']:>8} {stage['seconds']:>8}")
        total.update({each: stage[each] for each in total})
    print(summary(total), flush=True)
    return total["failed"] == 0 and total["passed"] > 0


def main(words):
    if words[0] == "stage":
        code, seconds, limit = (int(word) for word in words[2:5])
        is_good = report_stage(pathlib.Path(words[1]), code, seconds, limit)
    else:
        is_good = report_total([pathlib.Path(word) for word in words[1:]])
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Keeps what was tested on each kernel, and tells it in docs/kernel-support.md.

    kernel_support.py record RESULTS --machine WORDS [--release R] [--expected E]
    kernel_support.py page
    kernel_support.py check

`record` makes docs/kernels/VERSION.json of the folders that test stages leave; `page` writes
the part of the page between two marks from all of these files; `check` exits with 1 if
that part is not what `page` would write.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "kernel-support.md"
KERNELS = ROOT / "docs" / "kernels"
BEGIN, END = "<!-- begin: scripts/kernels.sh --record -->", "<!-- end -->"

# The stages whose outcome depends on the kernel.
STAGES = ("unit", "bpf", "cli", "sr", "net", "lin", "refused", "kernel-log")
VERIFIED, LOAD = "verified_", "load_ms"
SUPPORTED, REFUSED = "supported", "refused"


# -- one kernel ------------------------------------------------------------------

def version_of(release):
    """6.12.107+deb13-amd64 -> 6.12: its file's name."""
    match = re.match(r"\d+\.\d+", release)
    if not match:
        raise SystemExit(f"kernel_support.py: '{release}' is no kernel's release")
    return match[0]


def stages_in(results):
    stages = {}
    for name in STAGES:
        tally = results / name / "tally.json"
        if tally.is_file():
            stages[name] = json.loads(tally.read_text())
    return stages


def properties_in(results):
    """What the budget test says of the programs, by name."""
    path = results / "bpf" / "bmc_bpf_tests.xml"
    if not path.is_file():
        return {}
    return {each.get("name"): int(each.get("value"))
            for each in ElementTree.parse(path).getroot().iter("property")
            if each.get("value", "").isdigit()}


def left_out_of(results):
    """The files of tests that were not run, from the words pytest was given."""
    path = results / "left-out"
    words = path.read_text().split() if path.is_file() else []
    return [word.removeprefix("--ignore=") for word in words]


def commit():
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True,
                              check=True).stdout.strip()
    changed = git("status", "--porcelain", "--", "bpf", "include", "src", "tests")
    return git("rev-parse", "--short=12", "HEAD") + (" and changes" if changed else "")


def read_result(results, release, machine, expected):
    """A kernel's result, as its file has it."""
    stages = stages_in(results)
    if not stages:
        raise SystemExit(f"kernel_support.py: no stage has left its result in {results}")
    properties, left_out = properties_in(results), left_out_of(results)
    result = {"release": release, "machine": machine, "expected": expected, "stages": stages}
    if left_out and expected == SUPPORTED:
        result["left_out"] = left_out
    if LOAD in properties:
        result["load_ms"] = properties[LOAD]
        result["verified_instructions"] = {
            name.removeprefix(VERIFIED): value
            for name, value in sorted(properties.items()) if name.startswith(VERIFIED)}
    return result


def record(results, release, machine, expected):
    release = release or (results / "release").read_text().strip()
    result = read_result(results, release, machine, expected)
    result |= {"commit": commit(), "date": datetime.date.today().isoformat()}
    KERNELS.mkdir(exist_ok=True)
    path = KERNELS / f"{version_of(release)}.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(path.relative_to(ROOT))


# -- the page --------------------------------------------------------------------

def all_results(folder):
    """The newest kernel first."""
    def newest_first(path):
        return [-int(number) for number in path.stem.split(".")]
    return [json.loads(path.read_text())
            for path in sorted(folder.glob("*.json"), key=newest_first)]


def verdict(result):
    """Only a kernel without a failed test is what it was expected to be."""
    failed = sum(stage["failed"] for stage in result["stages"].values())
    if failed:
        return f"{failed} failed"
    return {SUPPORTED: "passes", REFUSED: "is refused, as it should be"}[result["expected"]]


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heads, rows):
    return [row(heads), row("---" for _ in heads), *map(row, rows)]


def cell(stage):
    if stage is None:
        return ""
    text = str(stage["passed"])
    for outcome in ("failed", "skipped"):
        if stage[outcome]:
            text += f", {stage[outcome]} {outcome}"
    return text


def stages_table(results):
    used = [name for name in STAGES if any(name in each["stages"] for each in results)]
    heads = ["kernel", "machine", "verdict", *(f"`{name}`" for name in used), "commit"]
    return table(heads, ([each["release"], each["machine"], verdict(each),
                          *(cell(each["stages"].get(name)) for name in used),
                          f"{each['commit']}, {each['date']}"] for each in results))


def counted(result, program):
    """A program that was not there yet when the result was recorded has no number."""
    instructions = result["verified_instructions"].get(program)
    return "–" if instructions is None else f"{instructions:,}"


def verifier_table(results):
    loaded = [each for each in results if "verified_instructions" in each]
    programs = sorted({name for each in loaded for name in each["verified_instructions"]})
    heads = ["program", *(version_of(each["release"]) for each in loaded)]
    rows = [[f"`{name}`", *(counted(each, name) for each in loaded)] for name in programs]
    rows.append(["all loaded in", *(f"{each['load_ms'] / 1000:.1f} s" for each in loaded)])
    return table(heads, rows)


def left_out_lines(results):
    for each in results:
        if "left_out" in each:
            files = ", ".join(f"`{name}`" for name in each["left_out"])
            yield f"Left out on {version_of(each['release'])}: {files}."
            yield ""


def generated(results):
    return "\n".join([
        "Tests passed, by stage of `scripts/test.sh` and `scripts/kernels.sh`:", "",
        *stages_table(results), "",
        *left_out_lines(results),
        "Instructions that the verifier walks, of a million at most:", "",
        *verifier_table(results)])


def with_generated(text, results):
    """The page with the part between the marks made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"kernel_support.py: {PAGE.name} lacks its two marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{generated(results)}\n\n{END}{after}"


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record")
    recorder.add_argument("results", type=pathlib.Path)
    recorder.add_argument("--machine", required=True)
    recorder.add_argument("--release", help="default: what RESULTS/release says")
    recorder.add_argument("--expected", choices=[SUPPORTED, REFUSED], default=SUPPORTED)
    commands.add_parser("page")
    commands.add_parser("check")
    options = parser.parse_args(words)

    if options.command == "record":
        record(options.results, options.release, options.machine, options.expected)
        return 0
    old = PAGE.read_text()
    new = with_generated(old, all_results(KERNELS))
    if options.command == "page":
        PAGE.write_text(new)
    elif new != old:
        print(f"{os.path.relpath(PAGE)} is not what docs/kernels/*.json say: "
              "run scripts/lib/kernel_support.py page")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

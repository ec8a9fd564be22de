#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Breaks bpf/ one line at a time and tells which breaks no test notices.

usage: mutate.py [--only GLOB]... [--count N] [--seed N] [--minutes N] [--tests NAMES] [--json FILE]
       mutate.py --survivors-of FILE [--tests NAMES] [--json FILE]
       mutate.py --invariants [--json FILE]

Works in a copy of the tree (a git worktree in build/mutants), so what you are at is not
touched; what is not committed is not in it. A mutant changes one token of one line: a
comparison, a connective, a constant, a sign, or it leaves a statement out. Its tests run
from the quickest to the slowest until one fails. A mutant is

  killed     a test failed, an end-to-end test twice
  refused    it does not compile, or the kernel's verifier does not take it
  survived   no test noticed: a test is missing, or the line does not matter

All tests are run once without a change before, and must pass. Needs root and the packages of
`scripts/deps.sh test`; a mutant takes 2 to 10 s to be killed by unit or differential, half a minute
by bpf, and up to four minutes to survive all.

With --invariants it tries those of breaks.json instead: for each invariant that bmc run has no
switch to break, one change that breaks it, and the tests that must see it (docs/coherence.md).

Exit 0: all were killed or refused (with --invariants: killed), 1: not so, 2: usage.
"""

import argparse
import contextlib
import dataclasses
import fnmatch
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "mutants"

SWAPS = (
    (r"(?<![<>=!-])<(?![<=])", "<="), (r"<=", "<"), (r"(?<![<>=!-])>(?![>=])", ">="), (r">=(?!=)", ">"),
    (r"==", "!="), (r"!=", "=="), (r"&&", "||"), (r"\|\|", "&&"),
    (r"(?<=[\w)\]]) \+ (?=[\w(])", " - "), (r"(?<=[\w)\]]) - (?=[\w(])", " + "),
    (r"\+\+", "--"), (r"(?<=[(\s])!(?=[\w(])", ""), (r"\|=", "&="), (r"(?<![&|])&=", "|="),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"(?<![\w.])0(?![\w.])", "1"), (r"(?<![\w.])1(?![\w.])", "0"), (r"(?<![\w.])8(?![\w.])", "7"),
    (r"\bbreak;", ";"), (r"\bcontinue;", ";"),
)
# A statement that can be left out without a compiler's complaint.
STATEMENT = re.compile(r"^\t+(?!return|break|continue|case|default|goto|struct|u\d|s\d|bool|int|const|void|else)"
                       r"[\w>.*&\[\]()-]+.*;$")

TESTS = {  # quickest first; each is a command in the copy
    "unit": ["build/bmc_host_tests", "--gtest_brief=1", "--gtest_fail_fast"],
    "differential": ["build/bmc_differential", "--seed", "1", "--rounds", "500"],
    "bpf": ["build/bmc_bpf_tests", "--gtest_brief=1", "--gtest_fail_fast"],
    "net": ["/usr/bin/python3", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
            "net/test_sequences.py", "net/test_writes.py", "net/test_sync.py", "net/test_expiry.py",
            "net/test_cut_replies.py", "net/test_doubt.py", "net/test_serving.py"],
}
BUILT = {"unit": ["bmc_host_tests"], "differential": ["bmc_differential"], "bpf": ["bmc_bpf_tests"],
         "net": ["bmc", "bmc_cut_replies", "bmc_fork_on_signal"]}
TOO_LONG = 124
LIMIT = {"unit": 60, "differential": 60, "bpf": 240, "net": 900}  # seconds: a mutant may hang
# What runs the code of a folder; to others, each test is shown. The bpf tests make no calls of memcached's.
REACHED_BY = {"bpf/tap/": ("unit", "differential", "net"), "bpf/serve/": ("unit", "bpf", "net")}
# A condition of nothing but such tests for NULL: they are the verifier's wish.
NULL_TESTS = re.compile(r"\s*if \(!\w+( \|\| !\w+)+\)")


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    before: str
    after: str
    tests: tuple = ()  # of its own; else those that were asked for

    def title(self):
        def brief(text):
            return " ".join(text.split())
        return f"{self.path}:{self.line}: {brief(self.before)}  ->  {brief(self.after) or '(left out)'}"


def is_code(line):
    text = line.strip()
    # hide_bounds() is for the verifier alone, and does nothing; count() is about figures.
    return bool(text) and not text.startswith(("*", "/*", "//", "#", "hide_bounds", "count(", "count_add("))


def without_comment(line):
    return re.split(r"\s*/\*", line)[0]


def mutants_of(path):
    """Every mutant of a file."""
    in_comment = False
    for number, line in enumerate((COPY / path).read_text().splitlines(), 1):
        was_in_comment = in_comment
        if "/*" in line or in_comment:
            in_comment = "*/" not in line.rsplit("/*")[-1]
        if was_in_comment or not is_code(line):
            continue
        code = without_comment(line)
        if NULL_TESTS.match(code) or "verifier" in line[len(code):]:
            continue
        for pattern, swap in SWAPS:
            for match in re.finditer(pattern, code):
                if '"' in code[:match.start()] and code[:match.start()].count('"') % 2:
                    continue
                yield Mutant(path, number, line, code[:match.start()] + swap + code[match.end():])
        if STATEMENT.match(code):
            yield Mutant(path, number, line, "")


def run(command, cwd, limit):
    """(exit code, output); what runs too long is ended with all that it started."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BMC_")}
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output
    except BaseException as failure:
        for number in (signal.SIGTERM, signal.SIGKILL):  # pytest undoes what it made
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=60)
        if isinstance(failure, subprocess.TimeoutExpired):
            return TOO_LONG, "it took too long"
        raise


def make_copy():
    drop_copy()
    subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
    subprocess.run(["git", "worktree", "add", "--detach", "-q", str(COPY)], cwd=ROOT, check=True)
    # What a compiler only warns of is no mutant refused.
    rules = COPY / "cmake" / "BpfObject.cmake"
    rules.write_text(rules.read_text().replace("-Wall -Wextra -Werror", "-w"))
    # Not optimised, and by few files: it is built again for every mutant.
    subprocess.run(["cmake", "--preset", "release", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-w",
                    "-DCMAKE_CXX_FLAGS=-w"], cwd=COPY, check=True, stdout=subprocess.DEVNULL)


def drop_copy():
    if COPY.exists():
        subprocess.run(["git", "worktree", "remove", "--force", str(COPY)], cwd=ROOT, check=False)
        shutil.rmtree(COPY, ignore_errors=True)


def build(names, jobs):
    targets = [target for name in names for target in BUILT[name]]
    return run(["cmake", "--build", "build", f"-j{jobs}", "--target", *targets], COPY, 1800)


def command_of(name):
    """What runs a test: a name of TESTS, or a file of end-to-end tests."""
    if name.endswith(".py"):
        return [*TESTS["net"][:7], name]
    return TESTS[name] if name == "net" else [str(COPY / TESTS[name][0]), *TESTS[name][1:]]


def has_failed(name):
    """(whether a test failed, the output); an end-to-end test may be late, so it is asked twice."""
    kind = name if name in TESTS else "net"
    for _ in range(2 if kind == "net" else 1):
        code, output = run(command_of(name), COPY / "tests" if kind == "net" else COPY, LIMIT[kind])
        if code == 0:
            return False, output
        if code not in (1, TOO_LONG) and code > 0:
            raise RuntimeError(f"{name} could not run: exit code {code}\n{output[-2000:]}")
    return True, output


def judge(names, jobs):
    """(verdict, which test told, its last lines)."""
    for name in names:
        code, output = build([name if name in TESTS else "net"], jobs)
        if code != 0:
            return "refused", "compiler", output[-300:]
        failed, output = has_failed(name)
        if failed:
            refused = "BEGIN PROG LOAD LOG" in output
            return ("refused" if refused else "killed"), name, output[-300:]
    return "survived", "", ""


def reaching(path, names):
    """Those of the tests that run the code of the file."""
    reached_by = next((tests for folder, tests in REACHED_BY.items() if path.startswith(folder)), names)
    return [name for name in names if name in reached_by]


def require_all_pass(names, jobs):
    verdict, by, output = judge(names, jobs)
    if verdict != "survived":
        raise RuntimeError(f"without any change, {by} fails\n{output}")


def try_mutant(mutant, names, jobs):
    path = COPY / mutant.path
    original = path.read_text()
    lines = original.splitlines()
    assert lines[mutant.line - 1] == mutant.before.splitlines()[0], mutant
    lines[mutant.line - 1:mutant.line - 1 + len(mutant.before.splitlines())] = mutant.after.splitlines()
    path.write_text("\n".join(lines) + "\n")
    try:
        return judge(mutant.tests or reaching(mutant.path, names), jobs)
    finally:
        path.write_text(original)


def breaks():
    """Those of breaks.json, each of which must still fit its file."""
    found = []
    for entry in json.loads((COPY / "tools" / "breaks.json").read_text()):
        lines = (COPY / entry["path"]).read_text().splitlines()
        before = entry["before"]
        places = [n for n in range(len(lines)) if lines[n:n + len(before)] == before]
        if len(places) != 1:
            sys.exit(f"breaks.json: that of {entry['invariant']} is not once in {entry['path']}")
        found.append(Mutant(entry["path"], places[0] + 1, "\n".join(before), "\n".join(entry["after"]),
                            tuple(entry["tests"])))
    return found


def choose(only, count, seed):
    paths = [str(path.relative_to(COPY)) for path in sorted((COPY / "bpf").rglob("*.h"))]
    chosen = [path for path in paths if any(fnmatch.fnmatch(path, glob) for glob in only)]
    mutants = [mutant for path in chosen for mutant in mutants_of(path)]
    random.Random(seed).shuffle(mutants)
    return mutants[:count] if count else mutants


def survivors(path):
    """Those that survived when that JSON was written, on whatever line they are now."""
    found = []
    for entry in json.loads(path.read_text()):
        lines = (COPY / entry["path"]).read_text().splitlines()
        places = [n for n, line in enumerate(lines, 1) if line == entry["before"]]
        if entry["verdict"] == "survived" and places:
            line = min(places, key=lambda n: abs(n - entry["line"]))
            found.append(Mutant(entry["path"], line, entry["before"], entry["after"]))
    return found


def mutants_for(options):
    if options.invariants:
        return breaks()
    if options.survivors_of:
        return survivors(options.survivors_of)
    return choose(options.only or ["bpf/*"], options.count, options.seed)


def parse(words):
    parser = argparse.ArgumentParser(prog="mutate.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="files, as a shell pattern (bpf/*)")
    parser.add_argument("--count", type=int, default=50, help="how many mutants; 0: all (50)")
    parser.add_argument("--seed", type=int, default=1, help="of the choice (1)")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long (0: never)")
    parser.add_argument("--tests", default="unit,differential,bpf,net",
                        help="of these, as far as they reach the file: unit, differential, bpf, net")
    parser.add_argument("--jobs", type=int, default=2, help="of the compiler (2)")
    parser.add_argument("--invariants", action="store_true", help="try those of breaks.json")
    parser.add_argument("--survivors-of", type=pathlib.Path, metavar="JSON", help="try again what survived")
    parser.add_argument("--list", action="store_true", help="show the mutants, try none")
    parser.add_argument("--json", type=pathlib.Path, help="write every verdict")
    options = parser.parse_args(words)
    options.tests = options.tests.split(",")
    if unknown := set(options.tests) - set(TESTS):
        parser.error(f"there is no test '{unknown.pop()}'")
    return options


def main(words):
    options = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: the copy is removed
    verdicts = []
    try:
        make_copy()
        mutants = mutants_for(options)
        if options.list:
            print("\n".join(mutant.title() for mutant in mutants))
            return 0
        tests = sorted({name for mutant in mutants for name in mutant.tests}) or options.tests
        require_all_pass(tests, options.jobs)
        begun = time.monotonic()
        for number, mutant in enumerate(mutants, 1):
            verdict, by, output = try_mutant(mutant, options.tests, options.jobs)
            verdicts.append(dataclasses.asdict(mutant) | {"verdict": verdict, "by": by, "said": output})
            print(f"[{number}/{len(mutants)}, {(time.monotonic() - begun) / 60:.0f} min] "
                  f"{verdict + (' by ' + by if by else ''):<20} {mutant.title()}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(verdicts, indent=1))
            if options.minutes and time.monotonic() - begun > options.minutes * 60:
                break
    finally:
        drop_copy()
    counts = {verdict: sum(v["verdict"] == verdict for v in verdicts)
              for verdict in ("killed", "refused", "survived")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["survived"] or (options.invariants and counts["refused"]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

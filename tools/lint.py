#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""House rules that compilers and clang-format do not see.

Prints one finding a line, "path:line: message". Errors end the run with exit
code 1; what is only a habit (lengths) is printed as a warning. Without
arguments: every file that git tracks.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LICENCE = "SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause"
SOURCES = {".h", ".c", ".cc", ".py", ".sh", ".cmake"}
FILE_LINES, FUNCTION_LINES = 400, 60
NAME_BYTES = 15  # BPF_OBJ_NAME_LEN, less the zero

# Which folders of bpf/ a folder may include from, itself not named.
BPF_BELOW = {
    "base": set(),
    "cache": {"base"},
    "serve": {"base", "cache"},
    "tcp": {"base", "cache", "serve"},
    "tap": {"base", "cache", "tcp"},
    "bench": {"base"},
}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str
    is_warning: bool = False

    def __str__(self):
        kind = "warning: " if self.is_warning else ""
        return f"{self.path}:{self.line}: {kind}{self.message}"


@dataclass(frozen=True)
class Source:
    """A file of the project: its path as git has it, and its text."""

    path: str
    text: str

    @property
    def lines(self):
        return self.text.split("\n")

    @property
    def suffix(self):
        return ".cmake" if self.path.endswith("CMakeLists.txt") else Path(self.path).suffix

    @property
    def is_kernel_style(self):
        """C of the kernel side and of what both sides share: tabs."""
        parts = Path(self.path).parts
        if self.suffix not in {".h", ".c"}:
            return False
        # The host's build of it has headers for C++ beside them.
        return parts[0] in {"bpf", "include"} or (
            parts[:2] == ("tests", "host") and not self.text.startswith("//"))

    def error(self, line, message):
        return Finding(self.path, line, message)

    def warning(self, line, message):
        return Finding(self.path, line, message, is_warning=True)


def check_licence(source):
    head = source.lines[:3]
    if source.suffix in SOURCES and not any(LICENCE in line for line in head):
        yield source.error(1, f"no line '{LICENCE}' at the top")


def check_whitespace(source):
    if source.suffix not in SOURCES:
        return
    if source.text and not source.text.endswith("\n"):
        yield source.error(len(source.lines), "no line end at the end of the file")
    for number, line in enumerate(source.lines, 1):
        if line.endswith("\r"):
            yield source.error(number, "CRLF line end")
        elif line.rstrip() != line:
            yield source.error(number, "blanks at the end of the line")


def check_indentation(source):
    """Tabs in C of the kernel's style, where spaces only continue or align;
    spaces everywhere else."""
    if source.suffix not in SOURCES - {".sh"}:
        return
    for number, line in enumerate(source.lines, 1):
        indent = re.match(r"[ \t]*", line).group()
        if source.is_kernel_style:
            if " \t" in indent:
                yield source.error(number, "a tab behind spaces")
            elif indent.count(" ") >= 8 and not line.rstrip().endswith("\\"):
                yield source.error(number, "eight spaces where a tab belongs")
        elif "\t" in indent:
            yield source.error(number, "a tab in a file that is indented by spaces")


def check_guard(source):
    if source.suffix != ".h":
        return
    if not source.is_kernel_style:
        if "#pragma once" not in source.text:
            yield source.error(1, "a C++ header without #pragma once")
        return
    match = re.search(r"^#ifndef (BMC_\w+_H)\n#define (\w+)\n", source.text, re.M)
    if not match or match[1] != match[2]:
        yield source.error(1, "no include guard BMC_..._H")
    elif not match[1].endswith("_" + Path(source.path).stem.upper() + "_H"):
        yield source.error(1, f"the include guard {match[1]} is another file's")


def check_layers(source, layers):
    """Folders of bpf/ include downwards only, and so do the files that state
    their layer. @layers: the layer of each file that does."""
    parts = Path(source.path).parts
    if parts[0] != "bpf" or len(parts) != 3:
        return
    folder = parts[1]
    for number, line in enumerate(source.lines, 1):
        match = re.match(r'#include "(\w+)/(\w+\.h)"', line)
        if not match or match[1] not in BPF_BELOW:
            continue
        if match[1] != folder and match[1] not in BPF_BELOW.get(folder, set()):
            yield source.error(number, f"{folder}/ must not include {match[1]}/")
        own = layers.get(source.path)
        other = layers.get(f"bpf/{match[1]}/{match[2]}")
        if own is not None and other is not None and other > own:
            yield source.error(number, f"layer {own} includes layer {other}")


def layer_of(source):
    match = re.search(r"\bLayer (\d+)", source.text)
    return int(match[1]) if match else None


def check_names(source):
    """The kernel cuts the names of maps and programs."""
    if Path(source.path).parts[0] != "bpf":
        return
    declarations = re.finditer(
        r'^\} (\w+) SEC\("\.maps"\)|^SEC\("[^"]+"\)\s+int (?:BPF_PROG\()?(\w+)', source.text, re.M)
    for match in declarations:
        name = match[1] or match[2]
        if len(name) > NAME_BYTES:
            number = source.text.count("\n", 0, match.start()) + 1
            yield source.error(number, f"the name {name} has more than {NAME_BYTES} characters")


def functions(source):
    """(line, length) of every function: what begins in the first column, up to
    the next such line (Python) or to the brace that closes it there."""
    if source.suffix in {".py", ".sh"}:
        starts = [n for n, line in enumerate(source.lines, 1) if re.match(r"def |\w+\(\) \{", line)]
        for start in starts:
            body = (n for n, line in enumerate(source.lines[start:], start + 1) if re.match(r"\S", line))
            end = next(body, len(source.lines))
            last = max(n for n in range(start, end + 1) if source.lines[n - 1].strip() or n == start)
            yield start, (last if source.lines[last - 1] == "}" else last - 1) - start + 1
        return
    start, is_open = None, False
    for number, line in enumerate(source.lines, 1):
        if not is_open:
            if not line.strip() or line.endswith(";"):
                start = None
            elif re.match(r"(?!#|namespace|struct|class|enum|union|extern|using|//|/\*)\w.*\(", line):
                start = number
            is_open = start is not None and line.endswith("{")
        elif line == "}":
            yield start, number - start + 1
            start, is_open = None, False


def check_lengths(source):
    if source.suffix not in SOURCES - {".cmake"}:
        return
    count = len(source.lines) - 1
    if count > FILE_LINES:
        yield source.warning(1, f"{count} lines; {FILE_LINES} are the habit")
    for start, length in functions(source):
        if length > FUNCTION_LINES:
            yield source.warning(start, f"a function of {length} lines; {FUNCTION_LINES} are the habit")


CHECKS = (check_licence, check_whitespace, check_indentation, check_guard, check_names,
          check_lengths)


def lint(sources):
    """All findings in @sources, in their order."""
    sources = list(sources)
    layers = {source.path: layer_of(source) for source in sources
              if Path(source.path).parts[0] == "bpf"}
    for source in sources:
        for check in CHECKS:
            yield from check(source)
        yield from check_layers(source, layers)


def tracked(root):
    names = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True,
                           capture_output=True, text=True).stdout
    return [name for name in names.split("\0") if name]


def read(root, names):
    for name in names:
        path = Path(root) / name
        if path.is_file() and (path.suffix in SOURCES or path.name == "CMakeLists.txt"):
            yield Source(name, path.read_text(encoding="utf-8"))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="*", help="files, from the top folder on")
    options = parser.parse_args(arguments)
    root = Path(__file__).resolve().parent.parent
    findings = list(lint(read(root, options.paths or tracked(root))))
    for finding in findings:
        print(finding)
    return 1 if any(not finding.is_warning for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())

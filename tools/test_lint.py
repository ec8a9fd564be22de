# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Each rule finds what it forbids, and lets pass what it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import lint

C_HEAD = f"/* {lint.LICENCE} */\n"
CC_HEAD = f"// {lint.LICENCE}\n"


def findings(path, text, *others):
    sources = [lint.Source(path, text), *(lint.Source(*other) for other in others)]
    return [finding for finding in lint.lint(sources) if finding.path == path]


def messages(path, text, *others):
    return [finding.message for finding in findings(path, text, *others)]


def header(folder, name, body=""):
    guard = f"BMC_{folder}_{name}_H".upper()
    return (f"bpf/{folder}/{name}.h",
            f"{C_HEAD}#ifndef {guard}\n#define {guard}\n{body}#endif\n")


def test_a_clean_file_has_no_findings():
    path, text = header("serve", "find", '#include "cache/index.h"\n\nstatic int f(void)\n{\n\treturn 0;\n}\n')
    assert findings(path, text) == []
    assert findings("src/base/a.cc", CC_HEAD + "int f() {\n  return 0;\n}\n") == []


@pytest.mark.parametrize("path", ["bpf/bmc.bpf.c", "src/a.cc", "tools/a.py", "scripts/a.sh", "src/CMakeLists.txt"])
def test_the_licence_is_missing(path):
    assert any("SPDX" in message for message in messages(path, "\n"))


def test_the_licence_may_follow_the_interpreter():
    assert messages("scripts/a.sh", f"#!/bin/bash\n# {lint.LICENCE}\n") == []


def test_another_licence_is_not_ours():
    assert messages("src/a.cc", "// SPDX-License-Identifier: MIT\n") != []


def test_documents_need_no_licence():
    assert messages("README.md", "# BMC\n") == []


@pytest.mark.parametrize("text, message", [
    ("int a; \n", "blanks at the end of the line"),
    ("int a;\t\n", "blanks at the end of the line"),
    ("int a;\r\n", "CRLF line end"),
    ("int a;", "no line end at the end of the file"),
])
def test_whitespace(text, message):
    assert messages("src/a.cc", CC_HEAD + text) == [message]


def test_cpp_is_indented_by_spaces():
    found = findings("src/a.cc", CC_HEAD + "int f() {\n\treturn 0;\n}\n")
    assert [(f.line, f.message) for f in found] == [(3, "a tab in a file that is indented by spaces")]


def test_kernel_style_is_indented_by_tabs():
    spaces = "int f(void)\n{\n        return 0;\n}\n"
    assert messages("bpf/a.bpf.c", C_HEAD + spaces) == ["eight spaces where a tab belongs"]
    assert messages("bpf/a.bpf.c", C_HEAD + spaces.replace(" " * 8, "  \t")) == ["a tab behind spaces"]
    aligned = "int f(int a,\n      int b)\n{\n\treturn a +\n\t       b;\n}\n"
    assert messages("bpf/a.bpf.c", C_HEAD + aligned) == []


def test_cpp_beside_the_kernel_side_keeps_its_spaces():
    text = CC_HEAD + "#pragma once\nint f(int a,\n          int b);\n"
    assert messages("tests/host/instance.h", text) == []


def test_guards():
    path, text = header("serve", "find")
    assert messages(path, text.replace("FIND", "MISS")) == ["the include guard BMC_SERVE_MISS_H is another file's"]
    assert messages(path, C_HEAD) == ["no include guard BMC_..._H"]
    assert messages("src/a.h", CC_HEAD) == ["a C++ header without #pragma once"]
    assert messages("src/a.h", CC_HEAD + "#pragma once\n") == []


@pytest.mark.parametrize("folder, other, allowed", [
    ("base", "cache", False), ("base", "serve", False), ("base", "tap", False),
    ("cache", "base", True), ("cache", "serve", False), ("cache", "tap", False),
    ("serve", "base", True), ("serve", "cache", True), ("serve", "tap", False),
    ("tap", "base", True), ("tap", "cache", True), ("tap", "serve", False),
    ("serve", "serve", True), ("tap", "tap", True), ("bench", "serve", False),
])
def test_folders_include_downwards(folder, other, allowed):
    found = messages(*header(folder, "a", f'#include "{other}/b.h"\n'))
    assert found == ([] if allowed else [f"{folder}/ must not include {other}/"])


def test_layers_include_downwards():
    upper = header("serve", "upper", '/* Layer 7. */\n#include "serve/lower.h"\n')
    for layer in (6, 7):
        assert messages(*upper, header("serve", "lower", f"/* Layer {layer}. */\n")) == []
    assert messages(*upper, header("serve", "lower", "/* Layer 8. */\n")) == ["layer 7 includes layer 8"]
    assert messages(*upper, header("serve", "lower")) == []


def test_the_entry_file_may_include_all():
    text = C_HEAD + '#include "serve/hooks.h"\n#include "tap/tap.h"\n'
    assert messages("bpf/bmc.bpf.c", text) == []


@pytest.mark.parametrize("declaration", [
    'struct {{\n}} {} SEC(".maps");\n',
    'SEC("xdp")\nint {}(struct xdp_md *ctx)\n{{\n}}\n',
    'SEC("tp_btf/sock_recv_length")\nint BPF_PROG({}, struct sock *sk)\n{{\n}}\n',
])
def test_names_that_the_kernel_cuts(declaration):
    assert messages("bpf/a.bpf.c", C_HEAD + declaration.format("bmc_" + "x" * 11)) == []
    long = "bmc_" + "x" * 12
    assert messages("bpf/a.bpf.c", C_HEAD + declaration.format(long)) == [
        f"the name {long} has more than 15 characters"]


def test_lengths_are_warnings():
    body = "  a();\n" * 59
    assert findings("src/a.cc", CC_HEAD + "void f() {\n" + body[7:] + "}\n") == []
    found = findings("src/a.cc", CC_HEAD + "void f() {\n" + body + "}\n")
    assert [(f.line, f.message, f.is_warning) for f in found] == [
        (2, "a function of 61 lines; 60 are the habit", True)]
    found = findings("src/a.cc", CC_HEAD + "int a;\n" * 400)
    assert [f.message for f in found] == ["401 lines; 400 are the habit"]


def test_kernel_style_functions_are_measured():
    found = findings("bpf/a.bpf.c", C_HEAD + "static int f(int a,\n\t     int b)\n{\n" + "\ta++;\n" * 60 + "}\n")
    assert [f.message for f in found] == ["a function of 64 lines; 60 are the habit"]


def test_python_functions_are_measured():
    found = findings("tools/a.py", f"# {lint.LICENCE}\ndef f():\n" + "    a()\n" * 60 + "\n\nb = 1\n")
    assert len(found) == 1 and found[0].is_warning and found[0].line == 2


def test_shell_functions_are_measured():
    found = findings("scripts/a.sh", f"# {lint.LICENCE}\nf() {{\n" + "  a\n" * 59 + "}\nb=1\n")
    assert [f.message for f in found] == ["a function of 61 lines; 60 are the habit"]
    found = findings("scripts/a.sh", f"# {lint.LICENCE}\nf() {{\n" + "  a\n" * 58 + "}\nb=1\n")
    assert found == []


def test_macros_are_not_functions():
    text = "MAKE_ALL(a, b)\n\nint f(void)\n{\n" + "\ta();\n" * 57 + "}\n" + "MAKE(c)\nint g(void)\n{\n}\n"
    assert findings("bpf/a.bpf.c", C_HEAD + text) == []


def test_declarations_are_not_functions():
    text = "int f(int a,\n      int b);\n" + "int x;\n" * 100 + "}\n"
    assert findings("src/a.cc", CC_HEAD + text) == []


def test_the_exit_code_tells(tmp_path):
    tool = Path(lint.__file__)
    copy = tmp_path / "tools"
    copy.mkdir()
    (copy / "lint.py").write_text(tool.read_text())
    bad = tmp_path / "bad.cc"

    def run():
        return subprocess.run([sys.executable, copy / "lint.py", "bad.cc"], capture_output=True, text=True)

    bad.write_text("int a;\n")
    result = run()
    assert result.returncode == 1
    assert result.stdout.startswith("bad.cc:1: no line ")
    bad.write_text(CC_HEAD + "int a;\n" * 401)
    result = run()
    assert result.returncode == 0
    assert "warning" in result.stdout

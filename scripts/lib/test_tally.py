# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The tally must not be fooled: whatever goes wrong in a stage is a failure."""

import json

import pytest

import tally


@pytest.fixture
def stage(tmp_path):
    folder = tmp_path / "stage"
    folder.mkdir()
    (folder / "output.log").write_text("last words\n")
    return folder


def report(stage, code=0):
    is_good = tally.report_stage(stage, code, 3, 60)
    counts = json.loads((stage / "tally.json").read_text())
    return is_good, counts["passed"], counts["failed"], counts["skipped"]


def junit(stage, name, *cases):
    (stage / name).write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")


PASSED = '<testcase classname="A" name="b" status="run" result="completed"/>'
FAILED = '<testcase classname="A" name="c"><failure message="m">why</failure></testcase>'
BROKEN = '<testcase classname="A" name="d"><error message="m">setup</error></testcase>'
SKIPPED = '<testcase classname="A" name="e"><skipped message="no such device"/></testcase>'


def test_every_kind_of_case_is_counted(stage, capsys):
    junit(stage, "one.xml", PASSED, PASSED, FAILED)
    junit(stage, "two.xml", BROKEN, SKIPPED)
    (stage / "bad.log").write_text("what it said\n")
    (stage / "checks.tsv").write_text("passed\tone\t\nfailed\ttwo\tbad.log\nskipped\tthree\tno BTF\n")
    assert report(stage, 1) == (False, 3, 3, 2)
    told = capsys.readouterr().out
    for words in ("why", "setup", "what it said", "no such device", "no BTF"):
        assert words in told


def test_passing_is_good(stage):
    junit(stage, "one.xml", PASSED, SKIPPED)
    assert report(stage) == (True, 1, 0, 1)


def test_a_stage_without_tests_has_failed(stage):
    assert report(stage) == (False, 0, 1, 0)


def test_an_empty_suite_is_a_stage_without_tests(stage):
    junit(stage, "one.xml")
    assert report(stage) == (False, 0, 1, 0)


def test_a_bad_end_without_a_failed_test_has_failed(stage, capsys):
    junit(stage, "one.xml", PASSED)
    assert report(stage, 139) == (False, 1, 1, 0)
    assert "last words" in capsys.readouterr().out


@pytest.mark.parametrize("code", tally.KILLED_BY_TIMEOUT)
def test_a_hang_has_failed_and_is_told(stage, capsys, code):
    junit(stage, "one.xml", PASSED)
    assert report(stage, code) == (False, 1, 1, 0)
    assert "killed after 60 s" in capsys.readouterr().out


def test_results_that_are_cut_short_have_failed(stage):
    (stage / "one.xml").write_text("<testsuites><testsuite><testcase")
    assert report(stage) == (False, 0, 1, 0)


def test_a_disabled_test_is_skipped(stage):
    junit(stage, "one.xml", PASSED, '<testcase classname="A" name="f" status="notrun"/>')
    assert report(stage) == (True, 1, 0, 1)


def test_the_last_line_is_the_sum(stage, tmp_path, capsys):
    junit(stage, "one.xml", PASSED, FAILED)
    report(stage, 1)
    other = tmp_path / "other"
    other.mkdir()
    junit(other, "one.xml", PASSED, SKIPPED)
    report(other)
    assert not tally.report_total([stage, other])
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed, 1 skipped"

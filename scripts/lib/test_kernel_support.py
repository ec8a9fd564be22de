# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The table of kernels says what the stages' results say, and nothing better."""

import json

import pytest

import kernel_support

PAGE = f"# Title\n\nbefore\n\n{kernel_support.BEGIN}\nold\n{kernel_support.END}\n\nafter\n"
BUDGET = """<testsuites><testsuite><testcase name="Budget"><properties>
<property name="load_ms" value="2204"/><property name="verified_bmc_tc" value="131743"/>
<property name="jited_bmc_tc" value="17821"/></properties></testcase></testsuite></testsuites>"""


def stage(folder, name, passed=1, failed=0, skipped=0):
    path = folder / name
    path.mkdir(parents=True)
    (path / "tally.json").write_text(
        json.dumps({"seconds": 3, "passed": passed, "failed": failed, "skipped": skipped}))
    return path


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_support, "ROOT", tmp_path)
    monkeypatch.setattr(kernel_support, "KERNELS", tmp_path / "kernels")
    monkeypatch.setattr(kernel_support, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(kernel_support, "commit", lambda: "0123456789ab")
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path


def recorded(places, release, *options, **stages):
    results = places / release
    for name, counts in stages.items():
        path = stage(results, name.replace("_", "-"), **counts)
        if name == "bpf":
            (path / "bmc_bpf_tests.xml").write_text(BUDGET)
    (results / "release").write_text(release + "\n")
    kernel_support.main(["record", str(results), "--machine", "emulated", *options])
    return json.loads((places / "kernels" / f"{kernel_support.version_of(release)}.json").read_text())


def test_a_result_holds_stages_and_what_the_verifier_did(places):
    result = recorded(places, "6.12.1-amd64", bpf={"passed": 219}, kernel_log={})
    assert result["release"] == "6.12.1-amd64"
    assert result["stages"]["bpf"]["passed"] == 219
    assert result["verified_instructions"] == {"bmc_tc": 131743}
    assert result["load_ms"] == 2204


def test_stages_that_no_kernel_matters_to_are_left_out(places):
    assert list(recorded(places, "6.18.0", lint={}, net={}, fuzz={})["stages"]) == ["net"]


def test_no_results_are_no_result(places):
    with pytest.raises(SystemExit, match="no stage"):
        recorded(places, "6.18.0", lint={})


def test_the_page_is_made_between_its_marks_and_then_in_sync(places):
    recorded(places, "6.12.1-amd64", bpf={"passed": 219})
    assert kernel_support.main(["check"]) == 1
    kernel_support.main(["page"])
    assert kernel_support.main(["check"]) == 0
    page = kernel_support.PAGE.read_text()
    assert page.startswith("# Title\n\nbefore\n") and page.endswith("\n\nafter\n")
    assert "old" not in page and "131,743" in page and "2.2 s" in page


def test_a_newer_result_is_seen_as_out_of_sync(places):
    recorded(places, "6.12.1-amd64", bpf={"passed": 219})
    kernel_support.main(["page"])
    recorded(places, "6.12.2-amd64", cli={"passed": 26})
    assert kernel_support.main(["check"]) == 1


@pytest.mark.parametrize("options, failed, said", [
    ([], 0, "passes"), ([], 1, "1 failed"),
    (["--expected", "refused"], 0, "is refused, as it should be"),
    (["--expected", "refused"], 2, "2 failed")])
def test_only_a_run_without_failures_is_good(places, options, failed, said):
    result = recorded(places, "6.1.0-50-amd64", *options, refused={"failed": failed})
    assert kernel_support.verdict(result) == said


def test_newer_kernels_come_first_by_number(places):
    for release in ("6.6.1", "6.12.1", "6.18.1"):
        recorded(places, release, cli={})
    releases = [each["release"] for each in kernel_support.all_results(kernel_support.KERNELS)]
    assert releases == ["6.18.1", "6.12.1", "6.6.1"]


def test_failed_and_skipped_are_shown():
    assert kernel_support.cell({"passed": 5, "failed": 1, "skipped": 2}) == "5, 1 failed, 2 skipped"
    assert kernel_support.cell(None) == ""


def test_what_was_left_out_is_told(places):
    results = places / "6.12.1-amd64"
    results.mkdir()
    (results / "left-out").write_text("--ignore=net/test_wire.py --ignore=net/test_switches.py\n")
    recorded(places, "6.12.1-amd64", net={})
    kernel_support.main(["page"])
    page = kernel_support.PAGE.read_text()
    assert "Left out on 6.12: `net/test_wire.py`, `net/test_switches.py`." in page


def test_a_number_that_was_not_recorded_is_not_shown_as_0():
    page = kernel_support.verifier_table([
        {"release": "6.18.0", "verified_instructions": {"bmc_tc": 2000}, "load_ms": 1000},
        {"release": "6.12.0", "verified_instructions": {"bmc_tc": 0, "bmc_tcp_in": 3000}, "load_ms": 1000}])
    assert "| `bmc_tc` | 2,000 | 0 |" in page
    assert "| `bmc_tcp_in` | – | 3,000 |" in page


def test_a_page_without_marks_is_not_written(places):
    kernel_support.PAGE.write_text("# Title\n")
    with pytest.raises(SystemExit, match="marks"):
        kernel_support.main(["page"])

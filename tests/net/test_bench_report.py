# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/bench.sh, from a real memcached to the report: a tiny run, and one that is interrupted."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from harness import leftovers

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/bench.sh"

pytestmark = [pytest.mark.needs_bmc,
              pytest.mark.skipif(not shutil.which("gnuplot"), reason="needs gnuplot-nox")]


@pytest.fixture(autouse=True)
def nothing_left():
    before = leftovers.snapshot()
    yield
    leftovers.assert_nothing_new(before)


@pytest.fixture(autouse=True)
def same_build(build_dir):
    if build_dir.resolve() != (SCRIPT.parents[1] / "build").resolve():
        pytest.skip("the script measures build/")


def start(folder, *options):
    """Its temporary files go to FOLDER/tmp."""
    (folder / "tmp").mkdir(mode=0o755)
    return subprocess.Popen([SCRIPT, "--no-build", "--quick", "--out", folder, *options],
                            env={**os.environ, "TMPDIR": str(folder / "tmp")},
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def runs_of(folder):
    return json.loads((folder / "results.json").read_text())["runs"]


def test_a_tiny_run_writes_all_three_kinds_of_file(tmp_path):
    running = start(tmp_path, "--only", "hit-miss,warm-up")
    words = running.communicate(timeout=120)[1]
    assert running.returncode == 0, words
    values = {(run["side"], run["point"]): run["values"] for run in runs_of(tmp_path)}
    for side in ("BMC at TC", "BMC at XDP"):
        assert values[side, "present, CPUs shared"]["share"] > 0.15  # of what a short warm-up has met
        assert values[side, "absent, CPUs shared"]["share"] < 0.1
    assert values["memcached", "present, CPUs shared"]["hit_ratio"] == 1
    assert values["memcached", "absent, CPUs shared"]["hit_ratio"] == 0
    assert 0 < values["BMC at TC", "UDP"]["final_hits"] <= 1
    report = (tmp_path / "report.md").read_text()
    for name in ("hit-miss-cdf-present--CPUs-shared.svg", "warm-up-series.svg"):
        assert f"({name})" in report
        assert "<svg" in (tmp_path / name).read_text()


def test_an_interrupted_run_reports_what_it_measured(tmp_path):
    running = start(tmp_path, "--only", "hit-miss", "--rounds", "50")
    for line in running.stderr:
        if line.startswith("[   3/"):
            break
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert not list((tmp_path / "tmp").iterdir())
    assert {run["side"] for run in runs_of(tmp_path)} >= {"memcached", "BMC at TC"}
    assert "**The run was interrupted**" in (tmp_path / "report.md").read_text()

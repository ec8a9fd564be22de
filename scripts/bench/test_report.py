# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A report says what was measured, and that in every file; plots are drawn by the real gnuplot."""

import json
import re
import shutil
import xml.etree.ElementTree as xml

import pytest

import engine
import gnuplot
import highlights
import main
import markdown
from experiments import EXPERIMENTS
from metrics import METRICS, of_load, share_between, share_of_load
from model import Experiment, Plot, Point, Side
from results import Results

A, B = Side("stock"), Side("ours", bmc=())
POINTS = (Point("one", ("udp",), 1), Point("two", ("udp",), 2))
PLOTS = (Plot("bars"), Plot("curve", x_title="x"), Plot("cdf", point="one"), Plot("series", point="one"))
EXPERIMENT = Experiment("try", "A try", "What is asked.", (A, B), POINTS, ("rps", "p99"), PLOTS)
MACHINE = {"measured_at": "2026-01-02T03:04:05+00:00", "commit": "0123456789abcdef", "cpu": "A CPU",
           "cpus": 2, "virtual": "kvm", "memory_gib": 4, "kernel": "6.18.1", "memcached": "1.6.18",
           "governor": "none visible", "mitigations": {"spectre": "Mitigation"}, "compiler": "c++"}
RUN = {"machine": MACHINE, "quick": False, "interrupted": False, "rounds": 3, "seconds": 1.0, "runs": []}


def run_of(side, point, number, rps, p99=10.0):
    return {"experiment": "try", "side": side.name, "point": point.label, "round": number,
            "values": {"rps": rps, "p99": p99}, "curve": [[0.0, 1.0], [0.5, p99 / 2], [1.0, p99]],
            "series": [[0.1, 0.2], [0.2, 0.9]]}


def results_of(ours=(200.0, 300.0, 220.0), p99=(10.0, 10.0, 10.0)):
    runs = []
    for number in (1, 2, 3):
        for point in POINTS:
            runs.append(run_of(A, point, number, 100.0))
            runs.append(run_of(B, point, number, ours[number - 1], p99[number - 1]))
    return Results(EXPERIMENT, runs)


def section_of(text, title):
    return text.split(f"### {title}")[1].split("##")[0]


def test_a_side_that_is_ahead_is_named_with_its_ratio_and_spread():
    text = markdown.report(RUN, [results_of()], {})
    assert "| A try: one | ours | stock | requests | 2.20 (2.00 – 3.00) |" in section_of(
        text, "Where a side is ahead")
    assert "Nowhere." in section_of(text, "Where a side is behind")


def test_the_figures_are_in_the_report_with_the_commit_they_are_of():
    figures = {"machine": {**MACHINE, "commit": "fedcba"}, "figures": [
        {"figure": "F1", "what": "served", "median": 0.5, "rounds": [0.4, 0.5, 0.75], "reach": "≥ 0.75",
         "sides": "bmc 1 M/s"}]}
    text = markdown.report(RUN, [results_of()], {}, figures)
    assert "`fedcba`" in text
    assert "| F1 | served | 0.50 | 0.40 – 0.75 | ≥ 0.75 | bmc 1 M/s |" in text
    assert "## Figures" not in markdown.report(RUN, [results_of()], {})


def test_the_rows_of_the_readme_are_of_experiments_that_there_are():
    by_name = {each.name: each for each in EXPERIMENTS}
    for row in highlights.ROWS:
        experiment = by_name[row.experiment]
        assert row.point in [point.label for point in experiment.points], row
        assert row.side in [side.name for side in experiment.sides[1:]], row
        assert row.metric in experiment.metrics, row


def test_a_row_of_the_readme_has_both_medians_and_the_ratio():
    row = highlights.Row("gets", "try", "one", "rps", "ours")
    assert highlights.cells(results_of(), row) == ["gets", "0.1 k/s", "0.2 k/s", "2.20 (2.00 – 3.00)"]


def test_a_side_that_loses_is_named_by_whatever_metric():
    text = markdown.report(RUN, [results_of(p99=(20.0, 30.0, 40.0))], {})
    assert "| A try: two | ours | stock | 99th percentile | 3.00 (2.00 – 4.00) |" in section_of(
        text, "Where a side is behind")


def test_one_bad_round_and_nobody_is_ahead():
    text = markdown.report(RUN, [results_of(ours=(200.0, 300.0, 90.0))], {})
    assert "Nowhere." in section_of(text, "Where a side is ahead")
    assert "2 other comparisons are not decided" in text


def test_every_metric_has_its_unit_and_spread():
    text = markdown.report(RUN, [results_of(ours=(2e5, 3e5, 2.2e5))], {})
    assert "Requests, k/s:" in text
    assert "| one | 0.1 (0.1 – 0.1) | 220 (200 – 300) |" in text


def test_a_failure_is_told():
    results = results_of()
    results.failures.append({"side": "ours", "round": 2, "failure": "no reply\n  | the log"})
    text = markdown.report(RUN, [results], {})
    assert "**Not measured:**" in text and "no reply" in text


@pytest.mark.parametrize("change, words", [({"runs": [{"failure": "x"}]}, "failed: 1"), ({"quick": True}, "quick run"), ({"rounds": 2}, "Rounds: 2"),
                                           ({"interrupted": True}, "interrupted")])
def test_what_lessens_a_run_is_told(change, words):
    assert words not in markdown.notes(RUN)
    assert words in markdown.notes({**RUN, **change})


needs_gnuplot = pytest.mark.skipif(not shutil.which("gnuplot"), reason="needs gnuplot-nox")


@needs_gnuplot
def test_all_three_kinds_of_file_name_machine_and_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(main, "EXPERIMENTS", (EXPERIMENT,))
    run = {**RUN, "runs": [each for side in (A, B) for each in
                           (run_of(side, point, 1, 50.0) for point in POINTS)]}
    main.write(run, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == run
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["report.md", "results.json", "try-bars.svg", "try-cdf-one.svg", "try-rps.svg",
                     "try-series.svg"]
    for name in files:
        text = (tmp_path / name).read_text()
        assert "A CPU" in text and "0123456789" in text, name


@needs_gnuplot
def test_whatever_is_missing_the_rest_is_drawn(tmp_path):
    one = run_of(B, POINTS[1], 1, 50.0)
    one["series"] = []
    assert gnuplot.draw(Results(EXPERIMENT, [one]), "machine", tmp_path) == ["try-bars.svg", "try-rps.svg"]
    one["values"] = {}
    assert gnuplot.draw(Results(EXPERIMENT, [one]), "machine", tmp_path) == []


@needs_gnuplot
def test_plots_are_black_white_and_grey(tmp_path):
    for name in gnuplot.draw(results_of(), "machine", tmp_path):
        text = (tmp_path / name).read_text()
        xml.fromstring(text)
        colours = set(re.findall(r"#[0-9a-fA-F]{6}\b|rgb\( *\d+, *\d+, *\d+\)", text))
        for colour in colours:
            parts = (re.findall(r"\d+", colour) if "rgb" in colour
                     else re.findall("..", colour[1:]))
            assert len({part.lower() for part in parts}) == 1, (name, colour)
        assert "ours" in text and "stock" in text


def test_every_experiment_is_whole():
    assert len({each.name for each in EXPERIMENTS}) == len(EXPERIMENTS)
    for each in EXPERIMENTS:
        labels = [point.label for point in each.points]
        assert len(set(labels)) == len(labels), each.name
        assert set(each.metrics) <= set(METRICS), each.name
        for plot in each.plots:
            assert plot.kind in gnuplot.KINDS and plot.metric in METRICS, each.name
            assert plot.kind in ("bars", "curve") or plot.point in labels, each.name
            assert plot.kind != "curve" or all(point.x is not None for point in each.points), each.name
        # One server holds one set of items.
        assert each.is_fresh or len({point.items for point in each.points}) == 1, each.name


def test_quick_meets_every_experiment():
    met = {visit.experiment.name for visit in engine.plan(EXPERIMENTS, 1, True)}
    assert met == {each.name for each in EXPERIMENTS}


def test_sides_are_taken_from_the_front_and_from_the_back():
    order = [(visit.number, visit.side.name) for visit in engine.plan([EXPERIMENT], 2, False)]
    assert order == [(1, "stock"), (1, "ours"), (2, "ours"), (2, "stock")]


def stats_of(hits, passes, served=None, tcp_passes=None):
    tcp = None if served is None else {"counts": {"served": served}, "passes": tcp_passes}
    return {"counts": {"hits": hits}, "passes": passes, "tcp": tcp}


def test_the_share_of_bmc_is_of_gets_only():
    before = stats_of(10, {"miss": 5, "not_get": 0})
    after = stats_of(40, {"miss": 15, "not_get": 500})
    assert share_between(before, after) == 0.75
    assert share_between(stats_of(0, {}, 0, {"miss": 0}), stats_of(1, {}, 2, {"miss": 1})) == 0.75
    assert share_between(before, before) == 0


def test_over_tcp_the_share_of_bmc_is_of_the_gets_that_the_client_sent():
    """Not of those that BMC counts: it passes by what finds its connection busy."""
    before, after = stats_of(0, {}, 100, {"miss": 0}), stats_of(0, {}, 400, {"miss": 10})
    load = {"counts": {"gets": 1000}, "measured_s": 1.0,
            "options": {"transport": "tcp", "warmup_s": 0.0}}
    assert share_of_load(load, before, after) == 0.3
    load["options"]["warmup_s"] = 0.5
    assert share_of_load(load, before, after) == pytest.approx(0.2)
    load["options"]["transport"] = "udp"
    assert share_of_load(load, before, after) == share_between(before, after) == 300 / 310


def test_cpu_time_is_that_of_a_request(monkeypatch):
    monkeypatch.setattr("metrics.TICKS_PER_SECOND", 100)
    load = {"throughput_rps": 1000.0, "counts": {"replies": 1000}}
    values = of_load(load, "100 9999 500\n150 9999 700\n")
    assert values["server_us"] == 500 and values["machine_us"] == 2000

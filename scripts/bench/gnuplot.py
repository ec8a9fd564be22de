# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Plots as SVG, by gnuplot, for paper without colours: sides differ by dashes, marks and patterns."""

import subprocess

from metrics import METRICS

SCALES = {"k/s": 1e-3, "%": 100, "thousands": 1e-3}  # from what is kept to what is shown
DASHES = ("1", "'-'", "'.'", "'_.'", "'_..'", "'--  '")
MARKS = (7, 6, 5, 4, 9, 8)
PATTERNS = (3, 0, 6, 1, 2, 7)  # full, empty, and four kinds of hatching

LOG_Y = "set logscale y\nset format y '%.0f'"

HEAD = """\
set terminal svg size 760,430 dynamic enhanced background rgb 'white' font 'DejaVu Sans,12'
set output
set encoding utf8
set border 3 lc rgb 'black'
set tics nomirror
set grid ytics lc rgb '#b0b0b0' dt 3
set key outside right top vertical Left reverse samplen 3 width 1
set title {title} font ',14'
set label 100 {machine} at screen 0.01,0.02 font ',8' noenhanced
set bmargin 5
"""


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def scale_of(metric):
    return SCALES.get(METRICS[metric].unit, 1)


def axis_title(metric):
    return f"{METRICS[metric].title}, {METRICS[metric].unit}"


def block(name, rows):
    return f"${name} << EOD\n" + "\n".join(" ".join(map(str, row)) for row in rows) + "\nEOD\n"


def scaled(spread, scale):
    return [f"{value * scale:.6g}" for value in (spread.median, spread.least, spread.most)]


def bars(results, plot):
    """Groups of bars, one for each point, with the spread as whiskers."""
    if not results.has(plot.metric):
        return ""
    scale, rows = scale_of(plot.metric), []
    for point in results.points:
        spreads = [results.spread(side, point.label, plot.metric) for side in results.sides]
        if any(spreads):
            rows.append([f'"{point.label}"', *(value for spread in spreads for value in (
                scaled(spread, scale) if spread else ["NaN"] * 3))])
    lines = [block("data", rows), "set style data histograms",
             "set style histogram errorbars gap 1.5 lw 1", "set boxwidth 0.9 relative",
             "set errorbars small front lc rgb 'black' lw 1.5", "set xtics scale 0", f"set ylabel {quote(axis_title(plot.metric))} noenhanced"]
    lines.append(LOG_Y if plot.y_log else "set yrange [0:*]")
    parts = [f"$data using {3 * i + 2}:{3 * i + 3}:{3 * i + 4}{':xtic(1)' if i == 0 else ''} "
             f"title {quote(side)} fs pattern {PATTERNS[i % len(PATTERNS)]} border lc rgb 'black' "
             "lc rgb '#909090'" for i, side in enumerate(results.sides)]
    return "\n".join(lines) + "\nplot " + ", \\\n  ".join(parts) + "\n"


def line_style(index):
    return f"lc rgb 'black' lw 1.5 dt {DASHES[index % len(DASHES)]}"


def x_range(points, is_log):
    """With some room on both sides, so that no mark sits on a border."""
    least, most = (pick(point.x for point in points) for pick in (min, max))
    if is_log:
        return f"set xrange [{least / 1.2}:{most * 1.2}]"
    room = max(0.04 * (most - least), 0.5)
    return f"set xrange [{least - room}:{most + room}]"


def curve(results, plot):
    """A line for each side, with the spread as whiskers, over what the points have for x."""
    scale, blocks, parts = scale_of(plot.metric), [], []
    for index, side in enumerate(results.sides):
        rows = [(point.x, *scaled(spread, scale)) for point in results.points
                if (spread := results.spread(side, point.label, plot.metric))]
        if not rows:
            continue
        blocks.append(block(f"side{index}", rows))
        parts.append(f"$side{index} using 1:2:3:4 with yerrorbars notitle lc rgb 'black' lw 1 dt 1 pt 0")
        parts.append(f"$side{index} using 1:2 with linespoints title {quote(side)} "
                     f"{line_style(index)} pt {MARKS[index % len(MARKS)]} ps 0.7")
    if not parts:
        return ""
    lines = [*blocks, f"set ylabel {quote(axis_title(plot.metric))} noenhanced",
             f"set xlabel {quote(plot.x_title)} noenhanced", x_range(results.points, plot.x_log)]
    lines.append(LOG_Y if plot.y_log else "set yrange [0:*]")
    if plot.x_log:
        lines += ["set logscale x 2", "set xtics (" + ", ".join(
            f"'{point.x:g}' {point.x}" for point in results.points) + ")"]
    return "\n".join(lines) + "\nplot " + ", \\\n  ".join(parts) + "\n"


def lines_of(results, point, kind, swap):
    """(data blocks, what plots them) of one curve a side."""
    blocks, parts = [], []
    for index, side in enumerate(results.sides):
        rows = [(b, a) if swap else (a, b) for a, b in results.curve(side, point, kind)]
        if not rows:
            continue
        blocks.append(block(f"side{index}", rows))
        parts.append(f"$side{index} using 1:2 with linespoints title {quote(side)} "
                     f"{line_style(index)} pt {MARKS[index % len(MARKS)]} ps 0.6 "
                     f"pointinterval {4 if kind == 'curve' else 6}")
    return blocks, parts


def cdf(results, plot):
    """The share of gets that were answered within a time; the time's scale is logarithmic."""
    blocks, parts = lines_of(results, plot.point, "curve", True)
    lines = [*blocks, "set logscale x", "set format x '%.0f'", "set xlabel 'latency of a get, µs'",
             "set ylabel 'share of gets answered by then'", "set yrange [0:1.02]",
             "set grid xtics"]
    return ("\n".join(lines) + "\nplot " + ", \\\n  ".join(parts) + "\n") if parts else ""


def series(results, plot):
    blocks, parts = lines_of(results, plot.point, "series", False)
    lines = [*blocks, f"set xlabel {quote(plot.x_title)}", "set yrange [0:1.02]",
             "set ylabel 'share of gets answered by BMC'"]
    return ("\n".join(lines) + "\nplot " + ", \\\n  ".join(parts) + "\n") if parts else ""


KINDS = {"bars": bars, "curve": curve, "cdf": cdf, "series": series}


def script(results, plot, machine):
    """What gnuplot is to be told; empty if there is nothing to plot."""
    if not results.points:
        return ""
    body = KINDS[plot.kind](results, plot)
    title = results.experiment.title
    if plot.kind == "cdf" and len(results.experiment.points) > 1:
        title += f": {plot.point}"
    return HEAD.format(title=quote(title), machine=quote(machine)) + body if body else ""


def name_of(experiment, plot):
    parts = [experiment.name, plot.kind if plot.kind != "curve" else plot.metric]
    if plot.kind == "bars" and plot.metric != "rps":
        parts[1] = plot.metric
    if plot.kind == "cdf":
        parts.append("".join(c if c.isalnum() else "-" for c in plot.point))
    return "-".join(parts) + ".svg"


def draw(results, machine, folder):
    """Draws all plots of an experiment; returns their files' names."""
    drawn = []
    for plot in results.experiment.plots:
        text = script(results, plot, machine)
        if not text:
            continue
        done = subprocess.run(["gnuplot", "-"], input=text.encode(), capture_output=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f"gnuplot, {results.experiment.name}: {done.stderr.decode()}")
        svg = done.stdout.decode().replace("<desc>Produced by GNUPLOT", f"<desc>{machine}. Produced by GNUPLOT")
        (folder / name_of(results.experiment, plot)).write_text(svg)
        drawn.append(name_of(results.experiment, plot))
    return drawn

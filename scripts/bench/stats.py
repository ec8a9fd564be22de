# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Medians, spreads and who is ahead. Sides are compared within a round, never across rounds."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median, the least and the most of some values."""

    median: float
    least: float
    most: float
    count: int


def spread(values):
    """None of nothing."""
    values = list(values)
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratios(above, below):
    """{round: value} by {round: value}; rounds that only one of them has are left out."""
    return {number: above[number] / below[number] for number in sorted(above) if below.get(number)}


MARGIN = 0.02  # of what a side must be ahead; less is nobody's gain


def verdict(ratio, more_is_better):
    """better, worse, level (the spread allows both), or once (a single round decides nothing)."""
    if ratio.count < 2:
        return "once"
    if ratio.least > 1 + MARGIN:
        return "better" if more_is_better else "worse"
    if ratio.most < 1 - MARGIN:
        return "worse" if more_is_better else "better"
    return "level"


def middle_curve(curves):
    """Curves [[share, value], ...] with the same shares: the median of their values at each."""
    shares = [share for share, _ in curves[0]]
    return [[share, statistics.median(curve[i][1] for curve in curves)]
            for i, share in enumerate(shares)]


def middle_series(series, step):
    """Series [[t, value], ...] at times of their own: the median in each interval of @step."""
    bins = {}
    for each in series:
        for t, value in each:
            bins.setdefault(int(t / step), []).append(value)
    return [[(index + 0.5) * step, statistics.median(values)]
            for index, values in sorted(bins.items())]


def time_to_share(series, share=0.9, tail=0.2):
    """(time until a value reached @share of the final one, the final one); the final value is
    the median of the last @tail of the series. (None, None) if there is nothing."""
    if not series:
        return None, None
    last = series[-max(1, int(len(series) * tail)):]
    final = statistics.median(value for _, value in last)
    return next(t for t, value in series if value >= share * final), final

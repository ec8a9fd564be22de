# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What was measured, asked by experiment, side, point and metric."""

import stats
from metrics import METRICS


class Results:
    """@runs: as engine.py keeps them."""

    def __init__(self, experiment, runs):
        self.experiment = experiment
        self._runs = [run for run in runs if run["experiment"] == experiment.name]
        self.failures = [run for run in self._runs if run.get("failure")]
        self._measured = [run for run in self._runs if "values" in run]

    @property
    def sides(self):
        """Those that were measured, in the experiment's order."""
        return [side.name for side in self.experiment.sides if self._has("side", side.name)]

    @property
    def points(self):
        return [point for point in self.experiment.points if self._has("point", point.label)]

    @property
    def rounds(self):
        return len({run["round"] for run in self._measured})

    def _has(self, what, name):
        return any(run[what] == name for run in self._measured)

    def _of(self, side, point):
        return [run for run in self._measured if run["side"] == side and run["point"] == point]

    def by_round(self, side, point, metric):
        return {run["round"]: run["values"][metric] for run in self._of(side, point)
                if metric in run["values"]}

    def spread(self, side, point, metric):
        return stats.spread(self.by_round(side, point, metric).values())

    def has(self, metric):
        return any(metric in run["values"] for run in self._measured)

    def ratio(self, side, point, metric, against):
        """The spread of the rounds' ratios, None if no round has both."""
        return stats.spread(stats.ratios(self.by_round(side, point, metric),
                                         self.by_round(against, point, metric)).values())

    def curve(self, side, point, kind="curve"):
        """The median of the rounds' latency curves, or of their series."""
        found = [run[kind] for run in self._of(side, point) if run.get(kind)]
        if not found:
            return []
        return stats.middle_series(found, 0.1) if kind == "series" else stats.middle_curve(found)

    def judged(self, metric):
        """(side, point, ratio, verdict) of every pair with the first side."""
        first = self.experiment.sides[0].name
        for point in self.points:
            for side in self.sides:
                ratio = self.ratio(side, point.label, metric, first) if side != first else None
                if ratio:
                    yield side, point.label, ratio, stats.verdict(
                        ratio, METRICS[metric].more_is_better)

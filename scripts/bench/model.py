# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an experiment is: sides that are compared, points at which they are, and what is plotted."""

from dataclasses import dataclass, field
from typing import Optional


@dataclass(frozen=True)
class Side:
    """A server: memcached or memcached-sr, with or without BMC."""

    name: str
    server: str = "stock"
    bmc: Optional[tuple] = None  # options of bmc run; None: no BMC


@dataclass(frozen=True)
class Point:
    """One load, at one place of the x axis."""

    label: str
    load: tuple  # of bmc bench: the kind (udp, tcp, kernel), then options
    x: Optional[float] = None  # where a curve has it
    items: tuple = ()  # options of the items that are stored and asked for, where is_fresh
    memory: str = "1G"  # of BMC
    cpus: str = "all"  # on which memcached runs
    threads: int = 2  # of memcached
    neighbour: str = ""  # cpu, net
    placement: str = ""  # the experiment's, unless it is said here


@dataclass(frozen=True)
class Plot:
    """kind: bars, curve (x is a number), cdf (of one point), series (over time)."""

    kind: str
    metric: str = "rps"
    point: str = ""
    x_title: str = ""
    x_log: bool = False
    y_log: bool = False


@dataclass(frozen=True)
class Experiment:
    name: str
    title: str
    asks: str  # what it wants to know, for the report
    sides: tuple  # the first one is what the others are compared with
    points: tuple
    metrics: tuple  # names in metrics.py; the first one decides who wins
    plots: tuple
    items: tuple = ()
    way: str = "load"  # of engine.py: load, fill, warm_up
    placement: str = "mixed"  # client and server: on shared CPUs, "apart", or the "best" of both
    is_fresh: bool = False  # a server of its own for every point
    warm: str = "uniform"  # how the items are asked for first: uniform, zipf
    seconds: float = 1.0  # of a load, times --seconds
    warm_seconds: float = 1.5
    most_rounds: int = 1000
    quick_points: tuple = field(default=(0, -1))  # of --quick, as indices
    quick_sides: Optional[tuple] = None  # all


def shorten(experiment, quick):
    """(sides, points) of a run."""
    if not quick:
        return experiment.sides, experiment.points
    points = tuple(dict.fromkeys(experiment.points[i] for i in experiment.quick_points))
    sides = experiment.quick_sides
    return (experiment.sides if sides is None else tuple(experiment.sides[i] for i in sides)), points

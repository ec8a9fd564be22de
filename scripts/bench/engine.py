# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Runs experiments: rounds outermost, so that a bad minute of the machine meets all of them once;
sides within a round right after another, in turn from the front and from the back. Every visit
of a side has a cable, a memcached and a cache of its own.
"""

import json
import pathlib
import subprocess
import threading
import time

import metrics
import stats
from lab import Lab, LabError, NotNow
from model import shorten

ROOT = pathlib.Path(__file__).resolve().parents[2]
WATCH_INTERVAL_S = 0.1
NEIGHBOUR_EDGE_S = 0.8  # the neighbour works for so much less than the load
SET_UP_S = 1.5  # what a visit is expected to take, before anything was measured
LOAD_EDGE_S = 0.3
STORED_S = 0.2


class Visit:
    """One side of an experiment, for some of its points, in one round."""

    def __init__(self, experiment, side, points, number):
        self.experiment, self.side, self.points, self.number = experiment, side, points, number

    def expected_s(self, pace):
        each = self.experiment.seconds * pace.load * (2 if self.experiment.placement == "best" else 1)
        return (SET_UP_S + self.warm_s(pace) + len(self.points) * (each + LOAD_EDGE_S))

    def warm_s(self, pace):
        """The same for all sides, but that to fill a memcached the items need only be stored."""
        if self.experiment.way == "fill" and self.side.bmc is None:
            return STORED_S
        return self.experiment.warm_seconds * pace.warm

    def __str__(self):
        points = f", {self.points[0].label}" if len(self.points) == 1 else ""
        return f"{self.experiment.name}, {self.side.name}{points}"


class Pace:
    """How long loads and warm-ups are, as factors of what experiments ask for."""

    def __init__(self, load, warm):
        self.load, self.warm = load, warm


def visits_of(experiment, number, quick):
    sides, points = shorten(experiment, quick)
    if number > experiment.most_rounds:
        return
    for side in sides if number % 2 else reversed(sides):
        for group in ([point] for point in points) if experiment.is_fresh else [points]:
            yield Visit(experiment, side, list(group), number)


def plan(experiments, rounds, quick):
    return [visit for number in range(1, rounds + 1) for experiment in experiments
            for visit in visits_of(experiment, number, quick)]


class HitWatcher:
    """The share of gets that BMC answers, ten times a second, while it is entered."""

    def __init__(self, name):
        self._name, self.series = name, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        begun, last = None, read_stats(self._name)
        while not self._over.wait(WATCH_INTERVAL_S):
            try:
                now = read_stats(self._name)
            except LabError:
                return
            hits, left = (a - b for a, b in zip(metrics.hits_and_passes(now),
                                                metrics.hits_and_passes(last)))
            last = now
            if hits + left:
                begun = begun or time.monotonic() - WATCH_INTERVAL_S
                self.series.append([round(time.monotonic() - begun, 3), hits / (hits + left)])


def read_stats(name):
    done = subprocess.run([ROOT / "build/bmc", "stats", "--name", name, "--json"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"bmc stats: {done.stderr}")
    return json.loads(done.stdout)


class Engine:
    def __init__(self, pace, tell):
        self._pace, self._tell = pace, tell
        self.runs = []  # what was measured, as JSON has it

    def go(self, visits):
        """Makes all visits. KeyboardInterrupt passes, and leaves what was measured so far."""
        begun, expected_done = time.monotonic(), 0.0
        expected_all = sum(visit.expected_s(self._pace) for visit in visits)
        for index, visit in enumerate(visits):
            pace = (time.monotonic() - begun) / expected_done if expected_done else 1
            left_s = (expected_all - expected_done) * pace
            self._tell(index, len(visits), left_s, visit)
            self._make(visit)
            expected_done += visit.expected_s(self._pace)

    def _make(self, visit):
        lab = None
        try:
            with NotNow():
                lab = Lab()
            getattr(self, "_" + visit.experiment.way)(lab, visit)
        except Exception as error:  # whatever fails here must not cost what is measured elsewhere
            self._keep(visit, None, failure=f"{type(error).__name__}: {error}")
        except BaseException:
            with NotNow():
                lab and lab.abandon()
            raise
        with NotNow():
            lab and lab.close()

    def _keep(self, visit, point, **facts):
        self.runs.append({"experiment": visit.experiment.name, "side": visit.side.name,
                          "point": point.label if point else None, "round": visit.number, **facts})

    def _set_up(self, lab, visit, memory_mib=1024):
        lab.call("lab_up")
        first = visit.points[0]
        lab.call("serve", visit.side.server, first.cpus, "-t", first.threads, "-m", memory_mib)

    def _attach(self, lab, visit):
        if visit.side.bmc is not None:
            lab.call("attach", "--memory", visit.points[0].memory, *visit.side.bmc)

    def _warm(self, lab, visit, *options):
        how = ["--uniform"] if visit.experiment.warm == "uniform" else []
        seconds = visit.warm_s(self._pace)
        lab.call("unmeasured", "udp", "--preload", "--seconds", f"{seconds:.2f}s", *how,
                 *visit.experiment.items, *visit.points[0].items, *options)

    def _seconds(self, experiment):
        return experiment.seconds * self._pace.load

    def _load(self, lab, visit):
        """Loads on a server that holds all items and a cache that was asked for them."""
        self._set_up(lab, visit)
        self._attach(lab, visit)
        self._warm(lab, visit)
        for number, point in enumerate(visit.points):
            self._measure(lab, visit, point, number)

    def _measure(self, lab, visit, point, number):
        seconds = self._seconds(visit.experiment)
        if point.neighbour:
            seconds = max(seconds, 2 * NEIGHBOUR_EDGE_S)
            lab.call("neighbour", point.neighbour, f"{seconds - NEIGHBOUR_EDGE_S:.2f}")
        kind, *options = point.load
        lab.call("load", point.placement or visit.experiment.placement, f"p{number}", visit.number, kind,
                 "--seconds", f"{seconds:.2f}s", "--interval", f"{max(0.1, seconds / 5):.2f}s",
                 *visit.experiment.items, *point.items, *options)
        facts = Facts(lab.facts, f"load.p{number}.{visit.number}")
        values = metrics.of_load(facts.json("load"), facts.text("cpu"), facts.json("before"),
                                 facts.json("after"))
        if point.neighbour:
            lab.call("neighbour_over")
            values["neighbour"] = json.loads((lab.facts / "neighbour").read_text())["throughput_rps"]
        curve = {}
        if any(plot.kind == "cdf" for plot in visit.experiment.plots):
            curve["curve"] = facts.json("load")["latency_curve_us"]
        self._keep(visit, point, values=rounded(values), command=[
            "bench", *visit.experiment.items, *point.items, *point.load],
            placement=facts.text("placement").strip(), **curve)

    def _fill(self, lab, visit):
        """How many items fit into so much memory: more are stored, and asked for, than do."""
        point = visit.points[0]
        is_cached = visit.side.bmc is not None
        mib = int(point.memory.removesuffix("M"))
        self._set_up(lab, visit, 1024 if is_cached else mib)
        self._attach(lab, visit)
        self._warm(lab, visit, "--outstanding", "256")
        if is_cached:
            now = read_stats(lab.name)
            items, is_full = now["items"], now["slabs_used"] == now["slabs"]
        else:
            lab.call("memcached_stats")
            items, is_full = held_by_memcached((lab.facts / "memcached").read_text())
        if not is_full:
            raise LabError(f"{items} items do not fill {point.memory}: more keys, or more time")
        self._keep(visit, point, values=rounded({"items": items, "item_bytes": mib * 2**20 / items}))

    def _warm_up(self, lab, visit):
        """From an empty cache: how the hit rate grows under a full load."""
        point = visit.points[0]
        self._set_up(lab, visit)
        self._warm(lab, visit)
        self._attach(lab, visit)
        kind, *options = point.load
        with HitWatcher(lab.name) as watcher:
            lab.call("unmeasured", kind, "--seconds", f"{self._seconds(visit.experiment):.2f}s",
                     *visit.experiment.items, *point.items, *options)
        t90, final = stats.time_to_share(watcher.series)
        values = {} if t90 is None else {"t90": t90, "final_hits": final}
        self._keep(visit, point, values=rounded(values), series=rounded_pairs(watcher.series))


def held_by_memcached(text):
    """(items, whether it had to evict some) of the lines of its stats."""
    said = dict(line.split(" ", 1) for line in text.splitlines())
    return int(said["curr_items"]), int(said["evictions"]) > 0


class Facts:
    """The files of one load."""

    def __init__(self, folder, stem):
        self._folder, self._stem = folder, stem

    def text(self, kind):
        return (self._folder / f"{self._stem}.{kind}").read_text()

    def json(self, kind):
        path = self._folder / f"{self._stem}.{kind}"
        return json.loads(path.read_text()) if path.exists() else None


def rounded(values):
    """Six figures are more than any of them is good for."""
    return {name: float(f"{value:.6g}") for name, value in values.items()}


def rounded_pairs(pairs):
    return [[round(t, 2), round(value, 4)] for t, value in pairs]

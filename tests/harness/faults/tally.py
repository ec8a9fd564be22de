# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""BMC's counters over a time in which it is attached anew, and they begin at 0 again."""


import threading


class Tally:
    NAMES = ("hits", "fills", "evictions", "publishes", "invalidations")

    def __init__(self, bmc):
        self._bmc = bmc
        self._last = dict.fromkeys(self.NAMES, 0)
        self.counts = dict.fromkeys(self.NAMES, 0)
        self.passes = 0
        self._last_passes = 0
        self._lock = threading.Lock()  # one look after the other, or an old one would look new

    def look(self):
        """Often enough: what happens between the last look and a detaching is not counted."""
        with self._lock:
            stats = self._bmc.stats(check=False)
            if stats is not None:
                self._add(stats)

    def begin_anew(self):
        """BMC was detached: all counters begin at 0."""
        with self._lock:
            self._last = dict.fromkeys(self.NAMES, 0)
            self._last_passes = 0

    def _add(self, stats):
        for name in self.NAMES:
            self.counts[name] += self._more(self._last[name], stats["counts"][name])
            self._last[name] = stats["counts"][name]
        passes = sum(stats["passes"].values()) - stats["passes"]["not_get"]
        self.passes += self._more(self._last_passes, passes)
        self._last_passes = passes

    @staticmethod
    def _more(before, now):
        return now - before if now >= before else now

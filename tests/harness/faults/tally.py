# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""BMC's counters over a time in which it is attached anew, and they begin at 0 again."""


class Tally:
    NAMES = ("hits", "fills", "evictions", "publishes", "invalidations")

    def __init__(self, bmc):
        self._bmc = bmc
        self._last = dict.fromkeys(self.NAMES, 0)
        self.counts = dict.fromkeys(self.NAMES, 0)
        self.passes = 0
        self._last_passes = 0

    def look(self):
        """Often enough: what happens between the last look and a detaching is not counted."""
        stats = self._bmc.stats(check=False)
        if stats is None:
            return
        for name in self.NAMES:
            self.counts[name] += self._more(self._last[name], stats["counts"][name])
            self._last[name] = stats["counts"][name]
        passes = sum(stats["passes"].values()) - stats["passes"]["not_get"]
        self.passes += self._more(self._last_passes, passes)
        self._last_passes = passes

    @staticmethod
    def _more(before, now):
        return now - before if now >= before else now

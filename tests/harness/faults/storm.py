# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One run of the clients in a storm: accidents, bad weather on the wire, busy CPUs."""

import collections
import contextlib
import json
import os
import subprocess
import threading
import time

from harness.faults import schedule
from harness.faults.accidents import Accidents
from harness.faults.tally import Tally


DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class Storm:
    """clients: the program bmc_lin. Threads end with the clients; what failed in one is raised."""

    def __init__(self, rig, clients, seed, seconds, kinds=tuple(schedule.ACCIDENTS)):
        self.rig = rig
        self.clients = clients
        self.seed = seed
        self.seconds = seconds
        self.kinds = kinds
        self.faults = collections.Counter()
        self.tally = Tally(rig.bmc)
        self._accidents = Accidents(rig, self.tally)
        self._over = threading.Event()
        self._failures = []

    def run(self, address, *options):
        """The clients' report, with what was done to them and what the kernel answered."""
        process = self.rig.topology.client.popen(
            self.clients, "--server", address, "--ops", 10**9, "--seconds", self.seconds,
            "--seed", self.seed, "--udp-timeout", 100, "--tcp-timeout", 3000, "--lossy",
            "--none-too-large", "--restarts", "--json", *options,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with self._in_background(time.monotonic()):
            time.sleep(max(0, self.seconds - 1))
        restarts = "".join(f"{begun} {over}\n" for begun, over in self._accidents.restarts)
        output, _ = process.communicate(restarts, timeout=self.seconds + 300)
        self._guarded(self._accidents.assert_all_alive, "at the end")
        self.tally.look()
        report = json.loads(output) | {
            "faults": dict(self.faults), "kernel": self.tally.counts,
            "kernel_passes": self.tally.passes}
        if self._failures:
            raise RuntimeError("\n".join(report["explanations"])) from self._failures[0]
        return report

    @contextlib.contextmanager
    def _in_background(self, begun):
        parts = (self._happen, self._blow, self._watch)
        threads = [threading.Thread(target=self._guarded, args=(part, begun)) for part in parts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _guarded(self, part, argument):
        try:
            part(argument)
        except Exception as failure:  # noqa: BLE001: raised again by run()
            self._failures.append(failure)

    def _wait_until(self, moment):
        """False if all is over before."""
        return not self._over.wait(max(0, moment - time.monotonic()))

    def _happen(self, begun):
        del begun
        for accident in schedule.accidents(self.seed, self.kinds):
            if self._over.wait(accident.pause):
                return
            self._accidents.happen(accident)
            self.faults[accident.kind] += 1

    def _blow(self, begun):
        busy = []
        try:
            for spell in schedule.spells(self.seed, self.seconds):
                if not self._wait_until(begun + spell.at):
                    return
                if self.rig.topology.wire:
                    self.rig.topology.wire.set(**spell.weather)
                self._end(busy)
                if spell.is_busy:
                    self.faults["CPUs kept busy"] += 1
                    busy = [subprocess.Popen([*DIES_WITH_US, "sh", "-c", "while :; do :; done"])
                            for _ in range(os.cpu_count())]
            self._over.wait()
        finally:
            self._end(busy)
            if self.rig.topology.wire:
                self.rig.topology.wire.set()

    @staticmethod
    def _end(busy):
        for process in busy:
            process.kill()
            process.wait()
        busy.clear()

    def _watch(self, _):
        while not self._over.wait(0.5):
            self.tally.look()

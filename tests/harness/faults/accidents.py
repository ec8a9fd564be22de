# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What can happen to memcached, to BMC and to the interface between them."""

import time

PATIENCE_S = 90  # with BMC, on a busy machine in a storm


class Accidents:
    """Makes them happen to a rig; restarts has when memcached lost everything, in monotonic ns."""

    def __init__(self, rig, tally):
        self.rig = rig
        self.tally = tally
        self.restarts = []
        self._happen = {
            "memcached frozen": self._freeze_memcached,
            "memcached killed": self._kill_memcached,
            "daemon killed": self._kill_daemon,
            "daemon frozen": self._freeze_daemon,
            "detached and attached": self._detach_and_attach,
            "interface down and up": self.rig.topology.flap,
        }

    def happen(self, accident):
        self.assert_all_alive(f"before '{accident.kind}'")
        self._happen[accident.kind](accident.seconds)

    def assert_all_alive(self, when):
        """Nobody has ended but by an accident of ours."""
        for name, process in (("bmc run", self.rig.bmc.process),
                              ("memcached", self.rig.memcached.process)):
            if process.poll() is not None:
                raise RuntimeError(f"{name} had ended with {process.returncode} {when}:\n"
                                   + self.rig.bmc.log())

    def _freeze_memcached(self, seconds):
        self.rig.memcached.freeze()
        time.sleep(seconds)
        self.rig.memcached.thaw()

    def _kill_memcached(self, seconds):
        begun = time.monotonic_ns()
        self.rig.memcached.kill()
        self.restarts.append((begun, time.monotonic_ns()))
        time.sleep(seconds)
        self.rig.memcached.start()

    def _kill_daemon(self, seconds):
        self.rig.bmc.kill()
        time.sleep(seconds)
        self.rig.bmc.start(wait=False)

    def _freeze_daemon(self, seconds):
        self.rig.bmc.wait_for(lambda status: status["daemon_alive"], "alive", PATIENCE_S)
        with self.rig.bmc.frozen():
            time.sleep(seconds)

    def _detach_and_attach(self, seconds):
        self.tally.look()
        code = self.rig.bmc.stop(PATIENCE_S)
        if code != 0:
            raise RuntimeError(f"bmc run ended with {code} when told to:\n" + self.rig.bmc.log())
        if not self.rig.bmc.is_pinned():  # else it goes on as it was, for TCP connections
            self.tally.begin_anew()
        time.sleep(seconds)
        self.rig.bmc.start(wait=False)

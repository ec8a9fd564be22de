# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TCP streams that are judged byte by byte, at both ends: what the clients got, what memcached read."""

import json
import os
import subprocess

from harness import topology

# What else `bmc run` is told in these tests, for a part of it that has to be switched on.
BMC_OPTIONS = tuple(os.environ.get("BMC_STREAM_BMC_OPTIONS", "--tcp on").split())

# Whether some gets have to be answered before memcached: a test of streams that nobody
# touched says little.
ARE_SERVED = bool(BMC_OPTIONS)

# Nothing may be evicted, or a right reply is taken for a wrong one.
MEMCACHED_OPTIONS = ("-m", 1024)

# Retransmissions are waited for longer and longer; at 5 % some are lost eight times.
PATIENCE = 120  # seconds

# The two shapes of clients that exist: one request at a time, and many, however they lie in segments.
CLOSED_LOOP = ("--connections", 16)
PIPELINED = ("--connections", 8, "--pipeline", 16, "--cut-percent", 30, "--delay",
             "--read-percent", 70)

# For long runs: shares of the requests, and who makes them, all at the same time.
MIXTURE = (
    (0.4, ("--connections", 64)),
    (0.4, ("--connections", 32, "--pipeline", 16, "--cut-percent", 30, "--delay",
           "--read-percent", 70)),
    (0.1, ("--connections", 16, "--cut-percent", 5, "--half-close", "--reconnect-every", 500)),
    (0.1, ("--connections", 16, "--pipeline", 4, "--mss", 536, "--receive-buffer", 4096,
           "--read-percent", 95)),
)


def weather(percent):
    """A wire on which so many frames are lost, so many doubled, and others late or damaged."""
    share = percent / 100
    return {"drop": share, "duplicate": share, "delay": 2 * share, "damage": share / 2,
            "delay_ms": 3}


def set_kernel(rig, **settings):
    """net.ipv4.* of both hosts; they hold for IPv6's TCP, too."""
    for ns in (rig.topology.client, rig.topology.server):
        for name, value in settings.items():
            ns.run("sysctl", "-q", "-w", f"net.ipv4.{name}={value}")


class Streams:
    """Clients against a rig whose memcached has the recorder inside."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.record = folder / "record"
        self._journals = []
        self._processes = []

    def rig_options(self, percent_bad=0, seed=1, **more):
        """For a Rig. A good wire is a plain one, with checksums and segments as veth does them."""
        wire = {"wire": {"bad_wire": [self.build / "bmc_wire", seed]}} if percent_bad else {}
        return {"memcached": MEMCACHED_OPTIONS, "options": BMC_OPTIONS, **wire, **more,
                "program": ("env", f"LD_PRELOAD={self.build / 'bmc_recorder.so'}",
                            f"BMC_RECORDER_FILE={self.record}", "memcached")}

    def start(self, rig, *options, family=4):
        """bmc_stream as a process, to be ended by finish()."""
        journal = self.folder / f"journal-{len(self._journals)}"
        self._journals.append(journal)
        process = rig.topology.client.popen(
            self.build / "bmc_stream", "--json", "--journal", journal, "-p", rig.memcached.port,
            "--server", topology.SERVER6 if family == 6 else topology.SERVER4,
            "--hang-seconds", PATIENCE, *options, stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    def are_running(self):
        return any(process.poll() is None for process in self._processes)

    def finish(self, timeout):
        """The reports of all that were started, when they have ended."""
        reports = []
        for process in self._processes:
            output, _ = process.communicate(timeout=timeout)
            assert output, f"bmc_stream ended with {process.returncode}"
            reports.append(json.loads(output) | {"exit_code": process.returncode})
        self._processes.clear()
        return reports

    def judge(self):
        """Afterwards, what memcached has read of it all."""
        done = subprocess.run([self.build / "bmc_stream_judge", "--json", self.record,
                               *self._journals], capture_output=True, text=True, check=False)
        return json.loads(done.stdout) | {"exit_code": done.returncode}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A wire that loses, doubles, delays, reorders and damages frames: bmc_wire as a process."""

import json
import subprocess


class BadWire:
    """Between the ports b0 and b1 of a namespace; good until set() says otherwise."""

    def __init__(self, ns, program, seed=0):
        self.process = ns.popen(program, "b0", "b1", seed, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.process.wait(10)
            raise RuntimeError(f"{program} ended with {self.process.returncode}")

    def set(self, **weather):
        """Shares of frames (drop, duplicate, delay, damage) and delay_ms; what is not named is 0."""
        words = " ".join(f"{name} {value:f}" for name, value in weather.items())
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def close(self):
        """What it did to how many frames."""
        if self.process is None:
            return None
        output, _ = self.process.communicate(timeout=10)
        self.process = None
        return json.loads(output) if output else None  # nothing if it was interrupted, too

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The bmc program: its daemon as a process, its other commands as calls."""

import contextlib
import json
import os
import signal
import subprocess
import time

from harness.bpf_map import BpfMap

PINS = "/sys/fs/bpf/bmc"
RUN_DIR = "/run/bmc"


class Bmc:
    """One instance, named so that no other test run has the same."""

    _serial = 0

    def __init__(self, binary, ns, port, interfaces, hook="auto", memory="16M", options=()):
        Bmc._serial += 1
        self.name = f"bmcn-{os.getpid()}-{Bmc._serial}"
        self.binary = binary
        self.ns = ns
        self.port = port
        self.interfaces = list(interfaces)
        self.hook = hook
        self.memory = memory
        self.options = list(options)
        self.process = None
        self.log_path = f"/tmp/{self.name}.log"

    def call(self, *words, check=True, timeout=30):
        """Runs one command of bmc in the namespace; returns the finished process."""
        return self.ns.run(self.binary, *words, check=check, timeout=timeout, text=True)

    def start(self, wait=True):
        with open(self.log_path, "a") as log:
            self.process = self.ns.popen(
                self.binary, "run", "-p", self.port, "-i", ",".join(self.interfaces),
                "--hook", self.hook, "--memory", self.memory, "--name", self.name, *self.options,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_until_serving()
        return self

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def wait_for(self, is_true, what, timeout=15):
        """Waits until is_true(status) holds of our daemon; returns that status."""
        deadline = time.monotonic() + timeout
        status = None
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"bmc run ended with {self.process.returncode}:\n{self.log()}")
            status = self.status(check=False)
            if status is not None and self._is_ours(status) and is_true(status):
                return status
            time.sleep(0.02)
        raise RuntimeError(f"bmc is not {what} after {timeout} s: {status}\n{self.log()}")

    def _is_ours(self, status):
        """Its file may still be that of a predecessor, which is dead."""
        return self.process is None or status.get("pid") == self.process.pid

    def wait_until_serving(self, timeout=15):
        """A dead daemon's kernel side serves on: the living one is waited for."""
        return self.wait_for(lambda status: status["serving"] and status["daemon_alive"],
                             "serving", timeout)

    def status(self, check=True):
        """The status, or None if there is no such instance and check is off."""
        return self._json("status", check)

    def stats(self, check=True):
        return self._json("stats", check)

    def dump(self, prefix=None):
        words = ["--prefix", prefix] if prefix else []
        return self._json("dump", True, *words)

    def _json(self, command, check, *words):
        done = self.call(command, "--name", self.name, "--json", *words, check=check)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def map(self, name):
        """One of its pinned maps, to be closed."""
        return BpfMap(f"{PINS}/{self.name}/maps/{name}")

    def kept_replies(self):
        """Connections of which the last reply that was served over TCP is kept."""
        with contextlib.closing(self.map("bmc_replies")) as replies:
            return sum(1 for _ in replies.keys())

    def flush(self):
        self.call("flush", "--name", self.name)

    def detach(self, check=True, force=False):
        words = ["--force"] if force else []
        return self.call("detach", "--name", self.name, *words, check=check)

    def stop(self, timeout=10):
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self.process = None
        return code

    def kill(self):
        """SIGKILL: the daemon has no chance to clean up."""
        self.process.kill()
        self.process.wait(10)
        self.process = None

    @contextlib.contextmanager
    def frozen(self):
        """The daemon stands still meanwhile; the kernel side goes on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def is_pinned(self):
        return os.path.exists(f"{PINS}/{self.name}")

    def close(self):
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        if self.is_pinned():
            self.detach(check=False, force=True)
        if os.path.exists(self.log_path):
            os.unlink(self.log_path)

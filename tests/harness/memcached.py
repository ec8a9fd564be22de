# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A real memcached in a namespace, and what can happen to it."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

PORT = 11211


class Memcached:
    """Debian's memcached. UDP is on at the same port unless udp_port says otherwise.

    program: the words that start it, if it is not to be started by itself.
    """

    def __init__(self, ns, *options, port=PORT, udp_port=None, threads=2,
                 program=("memcached",)):
        self.ns = ns
        self.program = program
        self.port = port
        self.udp_port = port if udp_port is None else udp_port
        self.threads = threads
        self.options = options
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        assert self.process is None, "memcached runs already"
        self.process = self.ns.popen(
            *self.program, "-u", "nobody", "-p", self.port, "-U", self.udp_port,
            "-t", self.threads, *self.options, stdin=subprocess.DEVNULL)
        self._wait_until_it_listens()
        return self

    def _wait_until_it_listens(self, timeout=10):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"memcached ended with {self.process.returncode}")
            with contextlib.suppress(OSError), self.ns.entered():
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.01)
        raise RuntimeError(f"memcached does not listen on port {self.port}")

    def _end(self, number):
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
            os.kill(self.pid, signal.SIGCONT)
        self.process.wait(10)
        self.process = None

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def freeze(self):
        """Returns when every thread has stopped."""
        os.kill(self.pid, signal.SIGSTOP)
        deadline = time.monotonic() + 5
        while not all(state == "T" for state in self._thread_states()):
            assert time.monotonic() < deadline, "memcached does not stop"
            time.sleep(0.001)

    def _thread_states(self):
        for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat"):
            yield path.read_text().rpartition(")")[2].split()[0]  # proc(5)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    close = kill

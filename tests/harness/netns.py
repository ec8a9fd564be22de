# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Network namespaces that a single thread can enter, and that are always deleted.

A socket or a process belongs to the namespace in which it was made, so tests
enter one just long enough to make it: `with ns.entered(): socket.socket(...)`.
Names are bmcn-<pid of the test run>-<n>-<role>, which tells a later run whose
namespaces were left behind by a run that is dead.
"""

import contextlib
import ctypes
import itertools
import os
import signal
import subprocess

PREFIX = "bmcn"
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_serial = itertools.count()


def ip(*words, check=True):
    """Runs iproute2's ip(8) with the words of the arguments; returns its output."""
    command = ["ip", *" ".join(words).split()]
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """One network namespace with its loopback up."""

    def __init__(self, role):
        self.name = f"{PREFIX}-{os.getpid()}-{next(_serial)}-{role}"
        ip("netns add", self.name)
        self.path = f"/run/netns/{self.name}"
        ip("-n", self.name, "link set lo up")

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is inside; the others stay where they are."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(there)
            yield self
        finally:
            _setns(home)
            os.close(there)
            os.close(home)

    def ip(self, *words, check=True):
        return ip("-n", self.name, *words, check=check)

    def run(self, *command, check=True, timeout=60, **options):
        """Runs a program inside; unlike `ip netns exec`, /sys stays as it is."""
        with self.entered():
            return subprocess.run(
                [str(word) for word in command],
                check=check, timeout=timeout, capture_output=True, **options)

    def popen(self, *command, **options):
        with self.entered():
            return subprocess.Popen([str(word) for word in command], **options)

    def open_proc(self, name):
        """An open /proc/net file of this namespace, to be read with os.pread."""
        with self.entered():
            return os.open(f"/proc/thread-self/net/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def pids(self):
        return [int(pid) for pid in ip("netns pids", self.name, check=False).split()]

    def close(self):
        _delete(self.name)


def _delete(name):
    """Ends what still runs inside, then deletes the namespace."""
    for pid in ip("netns pids", name, check=False).split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    ip("netns del", name, check=False)


def _alive(pid):
    return os.path.exists(f"/proc/{pid}")


def sweep():
    """Deletes the namespaces of test runs that no longer exist; returns their names."""
    swept = []
    for line in ip("netns list").splitlines():
        name = line.split()[0] if line.strip() else ""
        parts = name.split("-")
        if len(parts) == 4 and parts[0] == PREFIX and not _alive(parts[1]):
            _delete(name)
            swept.append(name)
    return swept

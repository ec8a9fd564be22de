# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The systemd drop-in with what Debian's unit starts: a Perl script that becomes memcached."""

import contextlib
import os
import pathlib
import socket
import time

import pytest

from harness import workers
from harness.memcached import Memcached

DROP_IN = pathlib.Path(__file__).resolve().parents[2] / "packaging/memcached-sr.conf"
WRAPPER = "/usr/share/memcached/scripts/systemd-memcached-wrapper"


def environment(build_dir, with_comments=()):
    """What the drop-in sets, as systemd reads it, with the library of this build."""
    found = {}
    for line in DROP_IN.read_text().splitlines():
        name, _, value = line.removeprefix("#").removeprefix("Environment=").partition("=")
        if line.startswith("Environment=") or (line.startswith("#Env") and name in with_comments):
            found[name] = value.replace("/usr/lib/bmc", str(build_dir))
    return found


@pytest.fixture
def service(ns, build_dir, tmp_path):
    """Runs the wrapper with these lines as memcached's configuration."""
    with contextlib.ExitStack() as undo:
        def make(*lines, settings=()):
            conf = tmp_path / "memcached.conf"
            conf.write_text("\n".join(("-d", "-p 11211", "-u nobody", *lines)) + "\n")
            process = ns.popen(WRAPPER, conf, env=os.environ | environment(build_dir, settings))
            undo.callback(process.wait, 10)
            undo.callback(process.kill)
        yield make


def memcached_of(ns):
    """The process id: the script's own, or that of a child of the shell that it needs for quotes."""
    for pid in ns.pids():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "memcached\n":
                return pid
    return None


def wait_for_sockets(ns, expected):
    """memcached's process id, once it has that many at each address."""
    deadline = time.monotonic() + 5
    while True:
        pid = memcached_of(ns)
        sockets = workers.udp_sockets(ns, pid)
        counts = {address: len(inodes) for address, inodes in sockets.items()}
        if counts == expected:
            return pid
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)


def test_debians_service_has_a_socket_for_each_thread(ns, service):
    service("-U 11211", "-t 3", "-l 127.0.0.1")
    pid = wait_for_sockets(ns, {"127.0.0.1": 3})
    assert len(set(workers.cpus(pid))) == 1


def test_addresses_of_debians_configuration_are_quoted(ns, service):
    service("-U 11211", "-t 2", "-l '127.0.0.1;127.0.0.2'")
    wait_for_sockets(ns, {"127.0.0.1": 2, "127.0.0.2": 2})


def test_the_settings_that_are_commented_out_have_their_effect(ns, service):
    cpus = [str(cpu) for cpu in sorted(os.sched_getaffinity(0))]
    service("-U 11211", f"-t {len(cpus)}", "-l 127.0.0.1",
            settings=("MEMCACHED_SR_STEER", "MEMCACHED_SR_TCP"))
    pid = wait_for_sockets(ns, {"127.0.0.1": len(cpus)})
    deadline = time.monotonic() + 5
    while workers.cpus(pid) != cpus:  # each thread does it when it takes its socket
        assert time.monotonic() < deadline, workers.cpus(pid)
        time.sleep(0.02)
    with ns.entered():
        os.seteuid(65534)  # the listener's user
        try:
            with socket.socket() as second:
                second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                second.bind(("127.0.0.1", 11211))
                second.listen()
        finally:
            os.seteuid(0)

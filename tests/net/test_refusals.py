# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What BMC cannot work with: said in one line with a remedy, and nothing is left behind."""

import contextlib
import socket
import subprocess
import sys
import time

import pytest

from harness import leftovers, topology

pytestmark = pytest.mark.needs_bmc

UNSUPPORTED = 3
WITHOUT_BTF = ("unshare", "--mount", "sh", "-c",
               'mount --bind /dev/null /sys/kernel/btf/vmlinux && exec "$0" "$@"')


def without(*capabilities):
    """Root, but for these."""
    return ("setpriv", "--bounding-set", ",".join(f"-{name}" for name in capabilities))


@pytest.fixture
def rig(make_rig):
    rig = make_rig(start=False)
    rig.memcached.start()
    return rig


def run(rig, around=(), interface=topology.SERVER_IF, options=()):
    """`bmc run` that is expected to give up by itself."""
    return rig.topology.server.run(
        *around, rig.bmc.binary, "run", "-p", rig.memcached.port, "-i", interface,
        "--memory", "1M", "--name", rig.bmc.name, *options, check=False, timeout=30, text=True)


def assert_refused(rig, done, code, what):
    lines = done.stderr.splitlines()
    assert done.returncode == code, done
    told = [number for number, line in enumerate(lines) if line.startswith("bmc: ")]
    assert len(told) == 1 and what in lines[told[0]], done.stderr
    assert lines[told[0] + 1].startswith("  try: "), done.stderr
    assert not rig.bmc.is_pinned()
    assert leftovers.attached(rig.topology.server, topology.SERVER_IF) == []


@pytest.mark.parametrize("missing, named", [
    (("bpf", "sys_admin"), "CAP_BPF"), (("net_admin",), "CAP_NET_ADMIN"),
    (("sys_ptrace",), "CAP_SYS_PTRACE")], ids=lambda value: value if isinstance(value, str) else "")
def test_a_missing_capability_is_named(rig, missing, named):
    assert_refused(rig, run(rig, without(*missing)), UNSUPPORTED, named)


def test_a_kernel_without_btf_is_refused(rig):
    assert_refused(rig, run(rig, WITHOUT_BTF), UNSUPPORTED, "BTF")


RELAY = """
import socket, sys, threading

def pass_on(one, other):
    while data := one.recv(65536):
        other.sendall(data)
    other.shutdown(socket.SHUT_WR)

listener = socket.create_server(("", int(sys.argv[1])))
while True:
    client = listener.accept()[0]
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for ends in ((client, server), (server, client)):
        threading.Thread(target=pass_on, args=ends, daemon=True).start()
"""


def test_a_proxy_is_not_taken_for_memcached(make_rig):
    """It answers as one, but what is written does not go through it alone."""
    rig = make_rig(start=False, udp_port=0)
    rig.memcached.port = 11299
    rig.memcached.start()
    relay = rig.topology.server.popen(sys.executable, "-c", RELAY, 11211, rig.memcached.port)
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), rig.topology.server.entered():
                socket.create_connection(("127.0.0.1", 11211), 1).close()
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        rig.memcached.port = 11211  # who is asked for
        assert_refused(rig, run(rig), 1, "another process")
    finally:
        rig.memcached.port = 11299
        relay.kill()
        relay.wait()


def test_check_tells_what_is_lost_without_btf(rig):
    done = rig.topology.server.run(*WITHOUT_BTF, rig.bmc.binary, "check", "-i",
                                   topology.SERVER_IF, check=False, text=True)
    assert done.returncode == UNSUPPORTED
    lines = done.stdout.splitlines()
    missing = next(line for line in lines if "BTF" in line)
    assert missing.startswith("missing ")
    assert lines[lines.index(missing) + 1].strip().startswith("try: ")


def test_check_finds_nothing_missing_here(rig):
    done = rig.topology.server.run(rig.bmc.binary, "check", "-i", topology.SERVER_IF, "-p",
                                   rig.memcached.port, check=False, text=True)
    assert done.returncode == 0
    assert "missing" not in done.stdout
    for expected in ("ok       CAP_BPF", "memcached", topology.SERVER_IF):
        assert expected in done.stdout


@contextlib.contextmanager
def foreign_xdp(rig):
    """Somebody else's XDP program on the server's interface."""
    process = rig.topology.server.popen(
        rig.bmc.binary, "bench", "echo", "-i", topology.SERVER_IF, "--port", 9,
        "--reply-bytes", 100, stdout=subprocess.DEVNULL)
    try:
        while not leftovers.attached(rig.topology.server, topology.SERVER_IF):
            assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(10)


def test_another_xdp_program_stays_and_xdp_is_refused(rig):
    with foreign_xdp(rig):
        before = leftovers.attached(rig.topology.server, topology.SERVER_IF)
        done = run(rig, options=("--hook", "xdp"))
        assert done.returncode == 1
        assert "XDP" in done.stderr and "\n  try: " in done.stderr
        assert not rig.bmc.is_pinned()
        assert leftovers.attached(rig.topology.server, topology.SERVER_IF) == before


def test_beside_another_xdp_program_tc_serves(rig, key):
    with foreign_xdp(rig):
        rig.bmc.start()
        assert rig.bmc.status()["interfaces"][0]["hook"] == "tc"
        rig.set_hot(key, b"value")

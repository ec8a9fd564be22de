# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which sockets memcached has when memcached-sr started it."""

import os
import pathlib
import signal
import tempfile
import time

import pytest

from harness import workers

STOCK = ("memcached",)
TCP_REUSEPORT = ("--tcp-reuseport",)


@pytest.mark.parametrize("threads", [1, 2, 4, 7])
def test_every_thread_has_a_udp_socket_for_each_family(ns, start, sr, threads):
    memcached = start(sr, threads=threads)
    sockets = workers.udp_sockets(ns, memcached.pid)
    assert {address: len(inodes) for address, inodes in sockets.items()} == {
        "0.0.0.0": threads, "[::]": threads}


def test_memcached_by_itself_has_one(ns, start):
    sockets = workers.udp_sockets(ns, start(STOCK, threads=4).pid)
    assert [len(inodes) for inodes in sockets.values()] == [1, 1]


def test_every_thread_has_a_udp_socket_for_each_address(ns, start, sr):
    memcached = start(sr, "-l", "127.0.0.1;127.0.0.2", threads=3)
    sockets = workers.udp_sockets(ns, memcached.pid)
    assert {address: len(inodes) for address, inodes in sockets.items()} == {
        "127.0.0.1": 3, "127.0.0.2": 3}


def test_every_socket_is_answered_from(start, sr, clients):
    start(sr, threads=4)
    for family in ("127.0.0.1", "::1"):
        for client in clients(32, family):
            assert client.request(b"version\r\n").startswith(b"VERSION ")


def test_the_sockets_have_the_buffers_that_memcached_chose(ns, start, sr):
    stock = start(STOCK, "-l", "127.0.0.1", port=11212)
    memcached = start(sr, "-l", "127.0.0.1", threads=4)
    assert workers.send_buffers(ns, memcached.pid) == 4 * workers.send_buffers(ns, stock.pid)[:1]


@pytest.fixture
def public_folder():
    """Where memcached may write as nobody."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


def test_it_becomes_a_daemon_as_memcached_does(ns, sr, public_folder):
    pidfile = public_folder / "pid"
    ns.run(*sr, "-d", "-u", "nobody", "-U", "11211", "-t", "3", "-l", "127.0.0.1", "-P", pidfile)
    deadline = time.monotonic() + 5
    while not (pidfile.exists() and pidfile.read_text().strip()):
        assert time.monotonic() < deadline, "no process id"
        time.sleep(0.01)
    pid = int(pidfile.read_text())
    try:
        while len(workers.udp_sockets(ns, pid).get("127.0.0.1", ())) != 3:
            assert time.monotonic() < deadline, "no three sockets"
            time.sleep(0.01)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_tcp_port_is_not_shared_unless_it_is_asked_for(ns, start, sr):
    start(sr)
    for words in ((), TCP_REUSEPORT):
        second = ns.run(*sr, *words, "-u", "nobody", "-U", "11211", check=False, text=True)
        assert second.returncode != 0
        assert "Address already in use" in second.stderr


def test_a_tcp_port_is_shared_if_both_are_asked_to(start, sr):
    first, second = start(sr + TCP_REUSEPORT), start(sr + TCP_REUSEPORT)
    time.sleep(0.2)
    assert first.process.poll() is None and second.process.poll() is None


def test_no_other_user_gets_into_the_group(ns, start, sr):
    """A process of root that wants to share the port as the sockets of nobody do."""
    start(sr, "-l", "127.0.0.1")
    done = ns.run("/usr/bin/python3", "-c", """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", 11211))
""", check=False, text=True)
    assert "Address already in use" in done.stderr

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""memcached-sr, and memcached by it or by itself in a namespace of the test's own."""

import contextlib

import pytest

from harness.memcached import Memcached
from harness.netns import Namespace
from harness.tcp import TcpClient
from harness.udp import UdpClient


@pytest.fixture(scope="session")
def sr(build_dir):
    """The words that start memcached-sr."""
    path = build_dir / "memcached-sr"
    if not path.exists():
        pytest.exit(f"{path} is missing: build it first, or name its folder with --build", 3)
    return (str(path),)


@pytest.fixture
def ns():
    with contextlib.closing(Namespace("sr")) as made:
        yield made


@pytest.fixture
def start(ns):
    """Starts a memcached by the words of `program`; all end with the test."""
    with contextlib.ExitStack() as undo:
        def make(program, *options, **more):
            memcached = Memcached(ns, *options, program=program, **more)
            undo.callback(memcached.kill)
            memcached.start()
            hear_every_thread(memcached)
            return memcached
        yield make


def hear_every_thread(memcached):
    """Connections go to the threads in turn, and each thread takes its UDP sockets first."""
    for _ in range(memcached.threads):
        with contextlib.closing(TcpClient(memcached.ns, "127.0.0.1", memcached.port)) as client:
            assert client.command(b"version\r\n").startswith(b"VERSION ")


@pytest.fixture
def clients(ns):
    """Makes UDP clients on the loopback, each with a port of its own."""
    with contextlib.ExitStack() as undo:
        def make(count, address="127.0.0.1", port=11211):
            made = [UdpClient(ns, address, port) for _ in range(count)]
            for client in made:
                undo.callback(client.close)
            return made
        yield make

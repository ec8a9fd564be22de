# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Whose segments are whose: of another instance beside this one, of an earlier connection,
and nobody's any more on an interface that BMC leaves."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from harness import leftovers, text, topology
from harness.bmc import Bmc
from harness.memcached import Memcached
from harness.sequences import wait_until
from harness.tcp import TcpClient

pytestmark = pytest.mark.needs_bmc

OTHER_PORT = 11222


def served(bmc):
    return bmc.stats()["tcp"]["counts"]["served"]


def make_hot(bmc, client, key):
    """Asks over this connection until it is served on it."""
    before = served(bmc)
    deadline = time.monotonic() + 10
    while served(bmc) < before + 3:
        assert time.monotonic() < deadline, bmc.stats()
        for _ in range(5):
            assert client.get(key) is not None
            time.sleep(0.005)


@contextlib.contextmanager
def second_instance(rig):
    """Another memcached of the same host, and BMC for it on the same interface."""
    with contextlib.closing(Memcached(rig.topology.server, port=OTHER_PORT)) as memcached:
        memcached.start()
        with contextlib.closing(Bmc(rig.bmc.binary, rig.topology.server, OTHER_PORT,
                                    [topology.SERVER_IF], hook="tc")) as bmc:
            yield bmc.start()


def test_two_instances_share_an_interface(make_rig, key):
    """Neither takes the other's filters away, nor its segments for its own."""
    rig = make_rig(hook="tc")
    first = rig.new_tcp()
    first.set(key, b"first")
    make_hot(rig.bmc, first, key)
    rig.make_hot(key)
    with second_instance(rig) as other:
        second = TcpClient(rig.topology.client, topology.SERVER4, OTHER_PORT)
        second.set(key, b"the second")
        make_hot(other, second, key)
        make_hot(rig.bmc, first, key)
        for _ in range(100):
            assert first.get(key) == b"first"
            assert second.get(key) == b"the second"
        assert rig.is_served(text.get(key))
        second.close()
    make_hot(rig.bmc, first, key)  # the other one took its own filters along, and no more
    assert first.command(b"mn\r\n") == b"MN\r\n"
    first.close()


def test_a_second_instance_for_the_same_port_is_refused_and_the_first_goes_on(make_rig, key, hook):
    """It would take the first one's filters away, and connections that they translate would hang."""
    rig = make_rig(hook=hook)
    client = rig.new_tcp()
    client.set(key, b"value")
    make_hot(rig.bmc, client, key)
    second = rig.bmc.call("run", "-p", rig.memcached.port, "-i", topology.SERVER_IF, "--hook", hook,
                          "--memory", "16M", "--name", rig.bmc.name + "-b", check=False)
    assert second.returncode == 1
    assert f"instance {rig.bmc.name} serves port {rig.memcached.port} on" in second.stderr
    assert f"\n  try: bmc status --name {rig.bmc.name};" in second.stderr
    make_hot(rig.bmc, client, key)
    assert client.command(b"mn\r\n") == b"MN\r\n"
    client.close()


def abort(client):
    """Closes it by a reset, which leaves nothing in TIME-WAIT at either end."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_ports_of_a_served_connection_are_refused_when_memcached_is_gone(make_rig, key):
    """The refusal answers a SYN, which is not translated, and must not be either."""
    rig = make_rig(hook="tc")
    client = rig.new_tcp()
    client.set(key, b"value")
    make_hot(rig.bmc, client, key)
    port = client.local_port
    abort(client)
    rig.memcached.kill()
    with rig.topology.client.entered():
        again = socket.socket()
    with contextlib.closing(again):
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((topology.CLIENT4, port))
        again.settimeout(3)  # TCP's first repetition of a SYN is after one second
        with pytest.raises(ConnectionRefusedError):
            again.connect((topology.SERVER4, rig.memcached.port))


def test_filters_that_somebody_else_removed_come_back(make_rig, key):
    """And with them the translation of what was served."""
    rig = make_rig(hook="tc")
    client = rig.new_tcp()
    client.set(key, b"value")
    make_hot(rig.bmc, client, key)
    rig.topology.server.run("tc", "qdisc", "del", "dev", topology.SERVER_IF, "clsact")
    wait_until(lambda: leftovers.attached(rig.topology.server, topology.SERVER_IF) != [],
               "attached again")
    assert client.get(key) == b"value"
    make_hot(rig.bmc, client, key)


class Returning(threading.Thread):
    """A client that asks for one key all the time, and connects again when it is reset."""

    def __init__(self, rig, key, expected):
        super().__init__()
        self.rig, self.key, self.expected = rig, key, expected
        self.is_over = False
        self.resets, self.wrong = 0, []

    def run(self):
        client = self.rig.new_tcp()
        while not self.is_over:
            try:
                value = client.get(self.key)
            except ConnectionError:
                self.resets += 1
                client.close()
                client = self.rig.new_tcp()
                continue
            except Exception as error:  # a timeout: it hangs; or a reply that is none
                self.wrong.append(error)
                break
            if value != self.expected:
                self.wrong.append(value)
                break
        client.close()


def test_clients_at_work_are_reset_when_their_interface_is_left_and_none_hangs(make_rig, key):
    """Those that are back at once are not served while the others are still being reset."""
    rig = make_rig(hook="tc")
    rig.tcp.set(key, b"value")
    clients = [Returning(rig, key, b"value") for _ in range(8)]
    for client in clients:
        client.start()
    try:
        make_hot(rig.bmc, rig.tcp, key)
        time.sleep(0.5)
        rig.bmc.kill()
        rig.bmc.interfaces = ["lo"]
        rig.bmc.start()
        before = served(rig.bmc)
        time.sleep(1)
        assert served(rig.bmc) == before
    finally:
        for client in clients:
            client.is_over = True
        for client in clients:
            client.join(30)
    assert not [error for client in clients for error in client.wrong]
    assert sum(client.resets for client in clients) >= 4, [client.resets for client in clients]

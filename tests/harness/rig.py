# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A complete set-up: two hosts, memcached, BMC in front of it, and clients on demand.

Whether a request was answered in the kernel is not asked of BMC: the server's
own count of UDP datagrams that reached an application tells it.
"""

import contextlib
import os
import time

from harness import topology
from harness.bmc import Bmc
from harness.memcached import Memcached
from harness.tcp import TcpClient
from harness.topology import Topology
from harness.udp import UdpClient


class Rig:
    """binary=None builds the same without BMC: what memcached alone would answer."""

    def __init__(self, binary, hook="auto", memory="16M", wire=None, memcached=(), threads=2,
                 udp_port=None, options=(), start=True, program=("memcached",)):
        with contextlib.ExitStack() as undo:
            self.topology = undo.enter_context(contextlib.closing(Topology(**(wire or {}))))
            if hook == "xdp" and (self.topology.wire or not self.topology.switch):
                self.topology.take_frames_of_xdp()
            self.memcached = undo.enter_context(contextlib.closing(Memcached(
                self.topology.server, *memcached, threads=threads, udp_port=udp_port,
                program=program)))
            self.bmc = None
            if binary:
                self.bmc = undo.enter_context(contextlib.closing(Bmc(
                    binary, self.topology.server, self.memcached.port, [topology.SERVER_IF],
                    hook, memory, options)))
            self._udp = {}
            self._tcp = None
            self._snmp = {}
            undo.callback(self._close_clients)
            if start:
                self.start()
            self._undo = undo.pop_all()

    def start(self):
        self.memcached.start()
        if self.bmc:
            self.bmc.start()

    def close(self):
        self._undo.close()

    def _close_clients(self):
        self.forget_tcp()
        for client in self._udp.values():
            client.close()
        for fd in self._snmp.values():
            os.close(fd)

    # -- clients ---------------------------------------------------------------

    @property
    def is_stock(self):
        return self.bmc is None

    def new_udp(self, family=4, **options):
        address = topology.SERVER6 if family == 6 else topology.SERVER4
        return UdpClient(self.topology.client, address, self.memcached.udp_port, **options)

    def new_tcp(self, family=4, ns=None, **options):
        address = topology.SERVER6 if family == 6 else topology.SERVER4
        return TcpClient(ns or self.topology.client, address, self.memcached.port, **options)

    def udp(self, family=4):
        """A client that stays for the rig's life."""
        if family not in self._udp:
            self._udp[family] = self.new_udp(family)
        return self._udp[family]

    @property
    def tcp(self):
        """One well-behaved TCP connection; a test that abuses one makes its own."""
        if self._tcp is None:
            self._tcp = self.new_tcp()
        return self._tcp

    def forget_tcp(self):
        """After memcached restarted: the next use of tcp connects anew."""
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None

    # -- who answered? ---------------------------------------------------------

    def datagrams_delivered(self, family=4):
        """UDP datagrams that any application of the server has received."""
        if family not in self._snmp:
            name = "snmp6" if family == 6 else "snmp"
            self._snmp[family] = self.topology.server.open_proc(name)
        text = os.pread(self._snmp[family], 16384, 0).decode()
        if family == 6:
            return int(text.split("Udp6InDatagrams")[1].split()[0])
        names, numbers = [line.split() for line in text.splitlines() if line.startswith("Udp:")]
        return int(numbers[names.index("InDatagrams")])

    def ask(self, payload, family=4, client=None):
        """One UDP request: (reply, whether it was answered without reaching memcached)."""
        before = self.datagrams_delivered(family)
        reply = (client or self.udp(family)).request(payload)
        return reply, self.datagrams_delivered(family) == before

    def is_served(self, payload, family=4, client=None, tries=3):
        """Whether a request is answered in the kernel; one try may be a sampled hit (REFRESH)."""
        return any(self.ask(payload, family, client)[1] for _ in range(tries))

    def make_hot(self, key, family=4, client=None, timeout=5.0):
        """Asks for the key until it is served from the kernel."""
        key = key if isinstance(key, bytes) else key.encode()
        self.wait_until_served(b"get " + key + b"\r\n", family, client, timeout)

    def wait_until_served(self, payload, family=4, client=None, timeout=5.0):
        if self.is_stock:
            self.ask(payload, family, client)
            return
        deadline = time.monotonic() + timeout
        while not self.ask(payload, family, client)[1]:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not served within {timeout} s: {payload[:80]!r}\n"
                    f"status {self.bmc.status(False)}\nstats {self.bmc.stats(False)}")
            time.sleep(0.002)  # memcached has to be seen asleep before it is served for

    def set_hot(self, key, value, **options):
        """Stores over TCP, then makes it hot."""
        self.tcp.set(key, value, **options)
        self.make_hot(key)

    # -- BMC's own counters ------------------------------------------------------

    def passes(self):
        return self.bmc.stats()["passes"] if self.bmc else {}

    @contextlib.contextmanager
    def counted_as(self, reason, at_least=1):
        """What is asked inside is passed to memcached for this reason."""
        before = self.passes().get(reason, 0)
        yield
        if self.bmc:
            after = self.passes()
            assert after[reason] - before >= at_least, f"{reason} was not counted: {after}"

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A fleet of caches: each node a network namespace with a stock memcached and BMC in front.

    client 192.0.2.2 ──┐
                       ├── bridge ──┬── node 1  192.0.2.11   memcached, bmc run
                       switch       ├── node 2  192.0.2.12        ''
                                    └── ...
"""

import contextlib
import socket

from harness.bmc import Bmc
from harness.memcached import Memcached
from harness.netns import Namespace, ip

CLIENT = "192.0.2.2"


class Node:
    def __init__(self, fleet, number, bmc):
        self.name = f"node {number}"
        self.address = f"192.0.2.{10 + number}"
        self.fleet = fleet
        with contextlib.ExitStack() as undo:
            self.ns = undo.enter_context(contextlib.closing(Namespace(f"node{number}")))
            fleet.plug_in(self.ns, f"node{number}", self.address)
            self.memcached = undo.enter_context(contextlib.closing(Memcached(
                self.ns, "-m", "64")))
            self.bmc = undo.enter_context(contextlib.closing(Bmc(
                bmc, self.ns, self.memcached.port, ["eth0"], memory="64M",
                options=["--tcp", "on"])))
            self.memcached.start()
            self.bmc.start()
            self._undo = undo.pop_all()

    def close(self):
        self._undo.close()

    @property
    def server(self):
        return f"{self.address}:{self.memcached.port}"

    @property
    def is_alive(self):
        return self.memcached.process is not None

    def start_again(self):
        """An empty memcached, and BMC has found it."""
        self.memcached.start()
        self.bmc.wait_until_serving()

    def ask(self, text, end):
        """What memcached says to one batch of requests, on a connection of its own."""
        with self.fleet.client.entered():
            sock = socket.create_connection((self.address, self.memcached.port), 5)
        with sock:
            sock.sendall(text)
            reply = b""
            while not reply.endswith(end):
                received = sock.recv(65536)
                if not received:
                    raise RuntimeError(f"{self.name} hung up: {reply[-80:]!r}")
                reply += received
            return reply

    def held(self, keys):
        """Which of these keys memcached has."""
        found, keys = set(), list(keys)
        for begin in range(0, len(keys), 500):
            part = keys[begin:begin + 500]
            text = b"".join(b"mg %s\r\n" % key.encode() for key in part)
            lines = self.ask(text + b"mn\r\n", b"MN\r\n").split(b"\r\n")
            found |= {key for key, line in zip(part, lines) if line == b"HD"}
        return found

    def counters(self):
        """Gets by who answered them: (in the kernel, memcached: None if it is dead)."""
        stats = self.bmc.stats()
        memcached = None
        if self.is_alive:
            told = dict(line.split()[1:3] for line in self.ask(b"stats\r\n", b"END\r\n").splitlines()
                        if line.startswith(b"STAT "))
            memcached = {"pid": int(told[b"pid"]), "gets": int(told[b"cmd_get"]),
                         "items": int(told[b"curr_items"])}
        # Each lease is a value that BMC asked memcached for: no client's get.
        return {"kernel": stats["tcp"]["counts"]["served"], "leases": stats["counts"]["leases"],
                "memcached": memcached}


class Fleet:
    def __init__(self, size, bmc, tell):
        with contextlib.ExitStack() as undo:
            self.switch = undo.enter_context(contextlib.closing(Namespace("switch")))
            self.switch.ip("link add br0 type bridge")
            self.switch.ip("link set br0 up")
            self.client = undo.enter_context(contextlib.closing(Namespace("client")))
            self.plug_in(self.client, "client", CLIENT)
            self.nodes = []
            for number in range(1, size + 1):
                node = Node(self, number, bmc)
                self.nodes.append(undo.enter_context(contextlib.closing(node)))
                tell(f"   {node.name}: memcached {node.server}, bmc --name {node.bmc.name}")
            self._undo = undo.pop_all()

    def plug_in(self, ns, port, address):
        """A host with one network card, at the switch."""
        ip("link add eth0 netns", ns.name, "type veth peer name", port, "netns", self.switch.name)
        self.switch.ip("link set", port, "master br0 up")
        ns.ip("addr add", address + "/24 dev eth0")
        ns.ip("link set eth0 up")

    def close(self):
        self._undo.close()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Very many TCP connections of one thread, each reply compared byte by byte."""

import resource
import socket
import struct

from harness import topology
from harness.peer import value

WAVE = 200  # that have a request under way at a time
IP_BIND_ADDRESS_NO_PORT = 24  # ip(7)


def allow_descriptors(count):
    """As root, for this process and those that it starts."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(most, count)))


def allow_ports(ns):
    """60,000 connections from two addresses: connect() takes every other port at first, and looks
    at them one by one when none of those is free."""
    ns.run("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=1100 65001")


class Crowd:
    """So many connections, opened one after the other. Member i asks for keys[i % len(keys)]."""

    def __init__(self, rig, count, keys, address=topology.SERVER4):
        self.keys = keys
        self.socks = []
        with rig.topology.client.entered():
            for index in range(count):
                sock = socket.socket()
                self.socks.append(sock)
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind(((topology.CLIENT4, topology.CLIENT4_SECOND)[index % 2], 0))
                sock.connect((address, rig.memcached.port))
        wait = struct.pack("ll", 10, 0)
        for sock in self.socks:  # not settimeout(), which is no limit to MSG_WAITALL
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)

    def close(self):
        for sock in self.socks:
            sock.close()
        self.socks = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def exchange(self, pairs, times=1):
        """(request, reply) for each member; so many times before it is the next ones' turn."""
        members = list(zip(self.socks, pairs))
        for start in range(0, len(members), WAVE):
            for _ in range(times):
                self._exchange_wave(members[start:start + WAVE])

    @staticmethod
    def _exchange_wave(wave):
        for sock, (request, _) in wave:
            sock.sendall(request)
        for sock, (_, expected) in wave:
            said = sock.recv(len(expected), socket.MSG_WAITALL)
            assert said == expected, (sock.getsockname(), said, expected)

    def get(self, times=1):
        self.exchange(((b"get %s\r\n" % key, value(key, data)) for key, data in self._theirs()),
                      times)

    def store(self, word):
        """A key of each member's own is written and read: memcached answers both."""
        mine = [b"%s-%d" % (word, index) for index in range(len(self.socks))]
        self.exchange((b"set %s 0 0 %d\r\n%s\r\n" % (name, len(name), name), b"STORED\r\n")
                      for name in mine)
        self.exchange((b"get %s\r\n" % name, value(name, name)) for name in mine)

    def _theirs(self):
        names = list(self.keys.items())
        return (names[index % len(names)] for index in range(len(self.socks)))

    def has_no_more(self):
        """Every connection is open, and not one byte came that was not asked for."""
        for sock in self.socks:
            try:
                sock.recv(1, socket.MSG_DONTWAIT)
                return False
            except BlockingIOError:
                pass
        return True

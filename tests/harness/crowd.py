# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Very many TCP connections of one thread, each reply compared byte by byte."""

import resource
import socket
import struct

from harness import topology
from harness.peer import value

WAVE = 200  # that have a request under way at a time


def allow_descriptors(count):
    """As root, for this process and those that it starts."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(most, count)))


def allow_ports(ns):
    """60,000 connections from one address."""
    ns.run("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=1100 65000")


class Crowd:
    """So many connections, opened one after the other. Member i asks for keys[i % len(keys)]."""

    def __init__(self, rig, count, keys, address=topology.SERVER4):
        self.keys = keys
        self.socks = []
        with rig.topology.client.entered():
            for _ in range(count):
                sock = socket.socket()
                self.socks.append(sock)
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

    def exchange(self, pairs):
        """(request, reply) for each member."""
        members = list(zip(self.socks, pairs))
        for start in range(0, len(members), WAVE):
            wave = members[start:start + WAVE]
            for sock, (request, _) in wave:
                sock.sendall(request)
            for sock, (_, expected) in wave:
                said = sock.recv(len(expected), socket.MSG_WAITALL)
                assert said == expected, (sock.getsockname(), said, expected)

    def get(self):
        self.exchange((b"get %s\r\n" % key, value(key, data)) for key, data in self._theirs())

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

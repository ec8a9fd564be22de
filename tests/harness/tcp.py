# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""memcached over TCP: a connection on which every byte sent is the test's own choice."""

import socket

from harness import text


class TcpClient:
    def __init__(self, ns, address, port, timeout=5.0, receive_buffer=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with ns.entered():
            self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect((address, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def close(self):
        self.sock.close()

    @property
    def local_port(self):
        return self.sock.getsockname()[1]

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError(f"closed by memcached after {self.buffer[:200]!r}")
        self.buffer += data

    def exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def until(self, end):
        """Everything up to and with the bytes `end`."""
        while end not in self.buffer:
            self._more()
        data, _, self.buffer = self.buffer.partition(end)
        return data + end

    def line(self):
        return self.until(b"\r\n")

    def command(self, data):
        """Sends, and returns the one line that answers."""
        self.send(data)
        return self.line()

    def barrier(self):
        """Returns when memcached has executed everything sent before."""
        self.send(b"mn\r\n")
        while self.line() != b"MN\r\n":
            pass

    def set(self, key, value, **options):
        assert self.command(text.store("set", key, value, **options)) == b"STORED\r\n"

    def delete(self, key):
        return self.command(b"delete %s\r\n" % text.as_bytes(key))

    def values(self, line):
        """The reply to a get-like line, as text.parse_values gives it."""
        self.send(line)
        reply = b""
        while True:
            head = self.line()
            reply += head
            if not head.startswith(b"VALUE "):
                return text.parse_values(reply)
            reply += self.exactly(int(head.split(b" ")[3]) + 2)

    def get(self, key):
        entry = self.values(text.get(key)).get(text.as_bytes(key))
        return entry[1] if entry else None

    def gets(self, key):
        """(value, CAS unique) of a key that is there."""
        _, value, cas = self.values(b"gets %s\r\n" % text.as_bytes(key))[text.as_bytes(key)]
        return value, cas

    def truth(self, key):
        """What memcached itself has: no gets is ever answered before it."""
        entry = self.values(b"gets %s\r\n" % text.as_bytes(key)).get(text.as_bytes(key))
        return entry[1] if entry else None

    def stats(self, what=b""):
        self.send(b"stats" + (b" " + what if what else b"") + b"\r\n")
        lines = self.until(b"END\r\n").split(b"\r\n")
        return dict(line.decode().split(" ", 2)[1:] for line in lines if line.startswith(b"STAT "))

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Answers gets before memcached does, and passes the rest on: a stand-in for what is tested by streams.

It is right, or wrong in one way that no client can see. For clients with one request at a time.
"""

import contextlib
import select
import socket
import threading

STORES = (b"set", b"ms")
READS = (b"get", b"mg")


class _End:
    """A socket that is read by lines, and whose buffer can be looked at."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def readline(self):
        """With its end; empty at the end of the stream."""
        while b"\n" not in self.buffer:
            if not self._receive():
                return b""
        return self.read(self.buffer.index(b"\n") + 1)

    def read(self, length):
        while len(self.buffer) < length and self._receive():
            pass
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def _receive(self):
        received = self.sock.recv(1 << 20)
        self.buffer += received
        return bool(received)


class _Connection:
    """One client's, with replies that are good until the client writes."""

    def __init__(self, client, server, repeats_writes):
        self.client = client
        self.server = server
        self.repeats_writes = repeats_writes
        self._from_client = _End(client)
        self._from_server = _End(server)
        self._known = {}
        self.served = 0

    def run(self):
        with contextlib.suppress(OSError), self.client, self.server:
            while request := self._from_client.readline():
                words = request.split()
                if words[0] in STORES:
                    length = words[4] if words[0] == b"set" else words[2]
                    request += self._from_client.read(int(length) + 2)
                self._answer(words, request)

    def _answer(self, words, request):
        is_quiet = words[-1] == b"noreply" or (words[0] != b"get" and b"q" in words[2:])
        if request in self._known:
            self.served += 1
            self.client.sendall(self._known[request])
            return
        self.server.sendall(request)
        if words[0] in STORES and not is_quiet and self.repeats_writes:
            self.server.sendall(request)
            self._reply(words)
        has_reply = not is_quiet or (words[0] == b"mg" and self._is_answered_first())
        reply = self._reply(words) if has_reply else b""
        if words[0] not in READS:
            self._known.clear()
        elif reply.startswith((b"VALUE ", b"VA ")) and (words[0] == b"mg" or len(words) == 2):
            self._known[request] = reply
        self.client.sendall(reply)

    def _is_answered_first(self):
        """Of a quiet get: the client asks for more only when there is no reply to wait for."""
        if self._from_client.buffer:
            return False
        return self.server in select.select([self.client, self.server], [], [])[0]

    def _reply(self, words):
        """Of a no-op with that of the quiet get before it, if it came together with that."""
        last = {b"get": b"END\r\n", b"mn": b"MN\r\n"}.get(words[0])
        reply = b""
        while True:
            line = self._from_server.readline()
            reply += line
            parts = line.split()
            if parts[:1] == [b"VALUE"]:
                reply += self._from_server.read(int(parts[3]) + 2)
            elif parts[:1] == [b"VA"]:
                reply += self._from_server.read(int(parts[1]) + 2)
            if not line or last in (None, line):
                return reply


class Middleman:
    """Listens beside memcached, in its namespace."""

    def __init__(self, ns, port, repeats_writes=False):
        self._ns = ns
        self._to = port
        self._repeats_writes = repeats_writes
        self._connections = []
        with ns.entered():
            self._listener = socket.create_server(("0.0.0.0", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def served(self):
        return sum(connection.served for connection in self._connections)

    def _accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                with self._ns.entered():
                    server = socket.create_connection(("127.0.0.1", self._to))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = _Connection(client, server, self._repeats_writes)
                self._connections.append(connection)
                threading.Thread(target=connection.run, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

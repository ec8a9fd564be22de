# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""memcached over UDP: an 8-byte frame header, then text or binary (protocol.txt)."""

import socket
import struct
import time

from harness import text

SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h; unknown to Python
FRAME = struct.Struct("!HHHH")  # request id, sequence, datagrams in all, reserved


class Timeout(Exception):
    """No answer came."""


def frame(payload, request_id=1, sequence=0, total=1, reserved=0):
    return FRAME.pack(request_id, sequence, total, reserved) + payload


class UdpClient:
    """One UDP socket connected to a memcached; every request gets its own id."""

    def __init__(self, ns, address, port, timeout=2.0, source=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with ns.entered():
            self.sock = socket.socket(family, socket.SOCK_DGRAM)
        # A multi-get of 200 keys is answered by 200 datagrams at once, each of which the
        # kernel counts with its descriptor: more than a socket holds by default.
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((address, port))
        self.timeout = timeout
        self.next_id = 0

    def close(self):
        self.sock.close()

    def send(self, payload):
        """Sends one framed request; returns its id."""
        self.next_id = self.next_id % 0xffff + 1
        self.sock.send(frame(payload, self.next_id))
        return self.next_id

    def receive_datagram(self, timeout=None):
        """The next datagram as it came: (frame fields, payload)."""
        self.sock.settimeout(self.timeout if timeout is None else timeout)
        try:
            datagram = self.sock.recv(65536)
        except socket.timeout:
            raise Timeout(f"nothing within {self.sock.gettimeout()} s") from None
        return FRAME.unpack_from(datagram), datagram[FRAME.size:]

    def receive(self, request_id, timeout=None, is_whole=lambda reply: True):
        """The reply of one request, put together from its datagrams.

        memcached 1.6 sends every value of a multi-get as a message of its own
        (and a message of no datagrams for a miss in front), so the text alone
        tells where such a reply ends: is_whole.
        """
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        reply, expected = b"", 0
        while True:
            left = max(deadline - time.monotonic(), 0.001)
            (got_id, sequence, total, _), payload = self.receive_datagram(left)
            if got_id != request_id:
                continue  # a late answer to a request that was given up
            if sequence != expected:
                raise ValueError(f"datagram {sequence} where {expected} was due")
            reply += payload
            expected = sequence + 1 if sequence + 1 < total else 0
            if expected == 0 and is_whole(reply):
                return reply

    def request(self, payload, timeout=None):
        """Sends one request and returns its whole reply."""
        is_get = payload.startswith((b"get ", b"gets ", b"gat ", b"gats "))
        is_whole = text.is_whole_get if is_get else lambda reply: True
        return self.receive(self.send(payload), timeout, is_whole)

    def silent(self, payload, wait=0.1):
        """Sends a request that must not be answered; returns what came all the same."""
        self.send(payload)
        try:
            return self.receive_datagram(wait)
        except Timeout:
            return None

    def get(self, key):
        """The value of one key, None on a miss."""
        values = text.parse_values(self.request(text.get(key)))
        entry = values.get(text.as_bytes(key))
        return entry[1] if entry else None

    def get_many(self, keys):
        reply = self.request(text.get(*keys))
        return {key: entry[1] for key, entry in text.parse_values(reply).items()}

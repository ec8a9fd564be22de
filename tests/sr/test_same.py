# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Nothing but the sockets differs: memcached by itself and by memcached-sr, side by side."""

import contextlib
import re
import time
import zlib

import pytest

from harness import binary, text, writes
from harness.memcached import Memcached
from harness.netns import Namespace
from harness.tcp import TcpClient
from harness.udp import Timeout, UdpClient

THREADS = 4

# Everything a connection can be asked, errors and long values included.
CONVERSATION = [
    b"version\r\n", b"verbosity 1\r\n", b"set a 7 0 5\r\nhello\r\n", b"get a\r\n", b"gets a b\r\n",
    b"add a 0 0 1\r\nx\r\n", b"append a 0 0 1\r\n!\r\n", b"prepend a 0 0 1\r\n?\r\n",
    b"replace a 3 0 2\r\n10\r\n", b"incr a 5\r\n", b"decr a 7\r\n", b"gat 100 a\r\n",
    b"touch a 0\r\n", b"touch none 0\r\n", b"cas a 0 0 1 1\r\nx\r\n", b"delete none\r\n",
    b"mn\r\n", b"ms m 3 c T90 F4\r\nabc\r\n", b"mg m v t f c k s Oopaque\r\n", b"mg none v\r\n",
    b"ma a D3 v\r\n", b"md m q\r\n", b"mn\r\n", b"me none\r\n", b"nonsense\r\n", b"get\r\n",
    b"GET a\r\n", b"set a 0 0 2\r\nabcd\r\n", b"set\r\n", b"get " + b"k" * 251 + b"\r\n",
    b"incr text 1\r\n", b"set big 0 0 100000\r\n" + b"v" * 100000 + b"\r\n", b"get big\r\n",
    b"get " + b" ".join(b"a" for _ in range(300)) + b"\r\n", b"flush_all\r\n", b"get a\r\n",
    b"cache_memlimit 100\r\n", b"slabs automove 1\r\n", b"lru tune 10 25 0.1 2.0\r\n",
    b"stats settings\r\n", b"stats nothing\r\n", b"quit\r\n",
]


class Side:
    """One memcached in a namespace of its own."""

    def __init__(self, program):
        with contextlib.ExitStack() as undo:
            self.ns = undo.enter_context(contextlib.closing(Namespace("same")))
            self.memcached = undo.enter_context(contextlib.closing(
                Memcached(self.ns, threads=THREADS, program=program).start()))
            self.tcp = undo.enter_context(contextlib.closing(self.new_tcp()))
            self._undo = undo.pop_all()

    def close(self):
        self._undo.close()

    def new_tcp(self):
        return TcpClient(self.ns, "127.0.0.1", self.memcached.port)

    def udp(self):
        """A client with a port of its own, and so any of the threads."""
        return contextlib.closing(UdpClient(self.ns, "127.0.0.1", self.memcached.port))


@pytest.fixture(scope="module")
def sides(sr):
    with contextlib.closing(Side(("memcached",))) as stock, contextlib.closing(Side(sr)) as spread:
        yield stock, spread


def timeless(reply):
    """Without the one setting that tells a time: the age of memcached at the last flush_all."""
    return re.sub(rb"STAT oldest \d+\r\n", b"", reply)


def converse(side):
    """All that memcached answers until it closes the connection."""
    with contextlib.closing(side.new_tcp()) as client:
        client.send(b"".join(CONVERSATION))
        heard = bytearray()
        with contextlib.suppress(ConnectionError):
            while True:
                heard += client.exactly(1)
        return timeless(bytes(heard))


def test_a_conversation_over_tcp_is_the_same_to_the_last_byte(sides):
    stock, spread = [converse(side) for side in sides]
    assert len(stock) > 100000
    assert spread == stock


def test_the_statistics_have_the_same_names(sides):
    stock, spread = [[list(side.tcp.stats(what)) for what in (b"", b"settings", b"conns", b"items")]
                     for side in sides]
    assert stock[0] == spread[0] and stock[1] == spread[1]
    udp = [sum(name.endswith(":addr") and "udp" in value
               for name, value in side.tcp.stats(b"conns").items()) for side in sides]
    assert udp == [2 * THREADS] * 2


def unpadded(value):
    """A decremented number may keep its length, with spaces behind it."""
    return value and value.rstrip(b" ")


def perform(side, write, key, value):
    """One write over UDP by a new client: the reply, and what a get then tells over UDP."""
    side.tcp.delete(key)
    if write.before is not None:
        side.tcp.set(key, write.before)
    request = write.request(key, value)
    if write.cas:
        request = request.replace(b"{cas}", b"%d" % side.tcp.gets(key)[1])
    expected = write.after(write.before, value)
    with side.udp() as client:
        reply = None
        if write.answer is None:
            client.send(request)
        else:
            reply = client.request(request)
        deadline = time.monotonic() + 5
        while unpadded(side.tcp.truth(key)) != expected:  # a quiet write ends unheard
            assert time.monotonic() < deadline, f"{write.name} never took effect"
        return reply, unpadded(client.get(key))


@pytest.mark.parametrize("write", **writes.by_name(writes.ALL))
def test_every_write_over_udp_answers_and_does_the_same(sides, write):
    for number in range(8):  # so many ports, and any thread
        key = b"w%d-%d" % (zlib.crc32(write.name.encode()), number)
        stock, spread = [perform(side, write, key, b"new-%d" % number) for side in sides]
        if write.protocol == "binary" and write.answer is not None:
            # The CAS unique counts every write, of whichever protocol; the rest is the same.
            stock, spread = [(binary.parse(reply)[:3], value) for reply, value in (stock, spread)]
        assert spread == stock


READS = [
    b"get a\r\n", b"gets a\r\n", b"get none\r\n", b"get a b none c\r\n", b"gat 0 a\r\n",
    b"mg a v t f c k s Oopaque\r\n", b"mg none v\r\n", b"mg a\r\n", b"mn\r\n", b"version\r\n",
    b"stats settings\r\n", b"get a\r\nget b\r\n", b"nonsense\r\n", b"get long\r\n",
    b"verbosity 0\r\n", b"me none\r\n",
    binary.request(binary.GET, b"a"), binary.request(binary.NOOP),
    binary.request(binary.VERSION), binary.request(binary.GET, b"none"),
]


def datagrams(side, payload):
    """All that is answered to one request, as it came."""
    with side.udp() as client:
        client.send(payload)
        found = [client.receive_datagram()]
        with contextlib.suppress(Timeout):
            while True:
                found.append(client.receive_datagram(0.1))
        return [(frame, timeless(data)) for frame, data in found]


@pytest.mark.parametrize("payload", READS, ids=lambda payload: repr(payload[:16]))
def test_every_read_over_udp_answers_the_same_datagrams(sides, payload):
    for side in sides:
        side.tcp.command(b"flush_all\r\n")
        for name, value in ((b"a", b"1"), (b"b", b"two"), (b"c", b""), (b"long", b"v" * 5000)):
            side.tcp.set(name, value, flags=5)
    for _ in range(2):
        stock, spread = [datagrams(side, payload) for side in sides]
        assert spread == stock

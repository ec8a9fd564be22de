# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One round of a write's test: a state, the write, its acknowledgement, the gets behind it.

A carrier brings a request to memcached over one transport and returns when it
is acknowledged. Every pair of a carrier and a write that it can carry is a Case.
"""

import contextlib
import dataclasses
import time

from harness import binary, text, writes


class Stale(AssertionError):
    """A get has returned something else than the acknowledged state."""

    def __init__(self, what, seen, expected):
        super().__init__(f"{what}: {seen!r} where {expected!r} is right")
        self.seen = seen


def unpadded(value):
    """A decremented number may keep its length, with spaces behind it (protocol.txt, "decr").

    memcached pads when it changes the item in place, which it does unless a reply
    that is still on its way refers to the item.
    """
    return value and value.rstrip(b" ")


def wait_for_memcached(rig, key, expected):
    """Nothing acknowledges a quiet write over UDP: ask memcached itself, over TCP."""
    deadline = time.monotonic() + 5
    while unpadded(rig.tcp.truth(key)) != expected:
        assert time.monotonic() < deadline, "the write never took effect"


# ---- carriers --------------------------------------------------------------


class TextOverTcp:
    name = "text_over_tcp"

    def __init__(self, rig):
        self.client = rig.new_tcp()

    def perform(self, write, request, _key, _expected):
        self.client.send(request)
        if write.answer is None:
            self.client.barrier()
            return
        line = self.client.line()
        assert line.startswith(write.answer), f"{write.name}: {line!r}"
        if line.startswith(b"VALUE "):
            self.client.until(b"END\r\n")
        elif line.startswith(b"VA "):
            self.client.exactly(int(line.split(b" ")[1]) + 2)

    def settle(self):
        """Some writes count as under way until their client speaks again."""
        self.client.barrier()

    def close(self):
        self.client.close()


class BinaryOverTcp:
    """On a connection of its own: one that began in text cannot speak binary."""

    name = "binary_over_tcp"

    def __init__(self, rig):
        self.client = rig.new_tcp()

    def perform(self, write, request, _key, _expected):
        opcode = request[1]
        if write.answer is None:
            request += binary.request(binary.NOOP)
            opcode = binary.NOOP
        binary.exchange(self.client, request, opcode)

    def settle(self):
        binary.exchange(self.client, binary.request(binary.NOOP), binary.NOOP)

    def close(self):
        self.client.close()


class OverUdp:
    def __init__(self, rig):
        self.rig = rig

    def perform(self, write, request, key, expected):
        if write.answer is None:
            self.rig.udp().send(request)
            wait_for_memcached(self.rig, key, expected)
        else:
            self.check_reply(write, request, self.rig.udp().request(request))

    def settle(self):
        pass

    def close(self):
        pass


class TextOverUdp(OverUdp):
    name = "text_over_udp"

    @staticmethod
    def check_reply(write, _request, reply):
        assert reply.startswith(write.answer), f"{write.name}: {reply!r}"


class BinaryOverUdp(OverUdp):
    name = "binary_over_udp"

    @staticmethod
    def check_reply(_write, request, reply):
        opcode, _, _, _, rest = binary.parse(reply)
        assert (opcode, rest) == (request[1], b"")


@dataclasses.dataclass(frozen=True)
class Case:
    carrier: type
    write: writes.Write

    @property
    def name(self):
        return f"{self.carrier.name}-{self.write.name.replace(' ', '_')}"

    @property
    def changes(self):
        """Whether a get returns something else afterwards, so that a lost write would show."""
        return self.write.after(self.write.before, b"new") != self.write.before

    @contextlib.contextmanager
    def carried(self, rig):
        with contextlib.closing(self.carrier(rig)) as carrier:
            yield carrier


CASES = [Case(carrier, write)
         for carrier, carried in (
             (TextOverTcp, writes.TEXT_WRITES + writes.TEXT_NOREPLY_WRITES + writes.META_WRITES
              + writes.META_QUIET_WRITES),
             (TextOverUdp, writes.TEXT_WRITES + writes.TEXT_NOREPLY_WRITES + writes.META_WRITES
              + writes.META_QUIET_WRITES),
             (BinaryOverTcp, writes.BINARY_WRITES + writes.BINARY_QUIET_WRITES),
             (BinaryOverUdp, writes.BINARY_WRITES + writes.BINARY_QUIET_WRITES))
         for write in carried]


def by_name(cases):
    return {"argvalues": cases, "ids": [case.name for case in cases]}


# ---- a round ---------------------------------------------------------------


def prepare(rig, write, key):
    """The first state, hot if there is one; returns the request's CAS unique if it needs it."""
    if write.before is None:
        rig.tcp.delete(key)
        return None
    rig.tcp.set(key, write.before)
    rig.make_hot(key)
    return rig.tcp.gets(key)[1] if write.cas else None


def perform(write, carrier, key, number, cas):
    """The write, acknowledged; returns what a get must return now."""
    value = b"new-%d" % number
    request = write.request(key, value)
    if write.cas:
        request = request.replace(b"{cas}", b"%d" % cas)
    expected = write.after(write.before, value)
    carrier.perform(write, request, key, expected)
    return expected


def check(rig, key, expected, what):
    first = rig.udp().get(key)
    if unpadded(first) != expected:
        raise Stale(f"{what}, the first get", first, expected)
    second = rig.udp(6).get(key)
    if second != first:
        raise Stale(f"{what}, the second get", second, first)
    truth = rig.tcp.truth(key)
    if truth != first:
        raise Stale(f"{what}, against memcached itself", first, truth)


def play(rig, case, carrier, key, number):
    cas = prepare(rig, case.write, key)
    expected = perform(case.write, carrier, key, number, cas)
    check(rig, key, expected, f"round {number} of {case.name}")
    carrier.settle()


# ---- a key that only the kernel holds --------------------------------------

ROOMY = b"r" * 1000  # few items of this size fit memcached's smallest memory
SMALL_MEMCACHED = ("-m", "2", "-o", "no_modern")


def evict_from_memcached(rig, key):
    """Stores other items of that size until memcached has no room for the key.

    The kernel's copy stays: an eviction changes no value, so nothing announces it.
    """
    with contextlib.closing(rig.new_tcp()) as client:
        for turn in range(20):
            client.send(b"".join(
                text.store("set", b"%s.%d.%d" % (key[:20], turn, n), ROOMY, noreply=True)
                for n in range(300)))
            client.barrier()
            if client.command(b"me %s\r\n" % key) == b"EN\r\n":  # a get would keep the item
                return
    raise AssertionError("memcached did not evict the key")


def play_on_evicted(rig, case, carrier, key, number):
    """An absent key may still be cached: then even an add replaces a value."""
    rig.tcp.set(key, ROOMY)
    rig.make_hot(key)
    evict_from_memcached(rig, key)
    if not rig.is_stock:
        assert rig.is_served(text.get(key)), "the kernel's copy has gone with memcached's"
    expected = perform(case.write, carrier, key, number, None)
    check(rig, key, expected, f"round {number} of {case.name} of an evicted key")
    carrier.settle()

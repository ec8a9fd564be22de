# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Orders of events that show what a check is for: with it all is well, without it a get is stale.

Each is played against BMC as it is, where it must pass, and against one with
that check switched off, where it must raise Stale.
"""

import contextlib
import time

from harness import text
from harness.rounds import Stale


def expect(rig, key, value, what):
    seen = rig.udp().get(key)
    if seen != value:
        raise Stale(what, seen, value)


# ---- expiry ----------------------------------------------------------------


def watch_until_gone(rig, key, at_most):
    """Asks BMC and memcached in turn until memcached says that the key is gone.

    Returns how often the kernel answered. A value after memcached's own miss is
    the bug this looks for.
    """
    deadline = time.monotonic() + at_most
    served = 0
    while time.monotonic() < deadline:
        gone = rig.tcp.truth(key) is None
        reply, in_kernel = rig.ask(text.get(key))
        if gone:
            if reply != b"END\r\n":
                raise Stale("served after memcached let it go", reply, b"END\r\n")
            return served
        served += in_kernel
    raise AssertionError(f"memcached still has the key after {at_most} s")


def overwrite_with_a_ttl(rig, key, ttl):
    rig.set_hot(key, b"first")
    rig.tcp.set(key, b"second", exptime=ttl)
    return watch_until_gone(rig, key, ttl + 3)


# ---- fills -----------------------------------------------------------------


def fills_tried(rig):
    counts = rig.bmc.stats()["counts"]
    return counts["fills"] + counts["fills_stale"]


def wait_until(is_true, what):
    deadline = time.monotonic() + 5
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within 5 s")
        time.sleep(0.005)


def set_between_lease_and_fill(rig, key):
    """I4: memcached answers the daemon with the old value, which then comes to it late."""
    rig.set_hot(key + b"other", b"now this client is served")
    rig.tcp.set(key, b"old")
    tried = fills_tried(rig)
    leases = rig.bmc.stats()["counts"]["leases"]
    rig.memcached.freeze()
    rig.udp().send(text.get(key))  # a miss: the daemon takes a lease, and asks memcached
    wait_until(lambda: rig.bmc.stats()["counts"]["leases"] > leases, "a lease")
    time.sleep(0.05)
    with rig.bmc.frozen():
        rig.memcached.thaw()
        wait_until(lambda: rig.tcp.truth(key) == b"old", "the answer")
        rig.tcp.set(key, b"new")
    wait_until(lambda: fills_tried(rig) > tried, "a fill")
    for _ in range(3):
        expect(rig, key, b"new", "a set overtook a fill")


# ---- answers that are held up ----------------------------------------------

SMALL_SEND_BUFFERS = "net.ipv4.tcp_wmem=4608 4608 4608"


@contextlib.contextmanager
def client_that_never_reads(rig):
    """memcached's answers to it soon find no room, and stay with memcached.

    What memcached has received is executed all the same.
    """
    rig.topology.server.run("sysctl", "-q", "-w", SMALL_SEND_BUFFERS)
    with contextlib.closing(rig.new_tcp(receive_buffer=2048)) as client:
        yield client


def wait_until_executed(rig, key, value):
    deadline = time.monotonic() + 2
    while rig.tcp.truth(key) != value:
        if time.monotonic() > deadline:
            raise AssertionError("the set was not executed")


def set_until_held_up(rig, client, key):
    """Overwrites the key until memcached cannot send STORED; returns how many sets it took.

    As long as the answers go out, each value is published at once; the one
    that is held up is staged, and its write is open.
    """
    rig.set_hot(key, b"first")
    for number in range(1, 3000):
        value = b"held-%d" % number
        client.send(text.store("set", key, value))
        wait_until_executed(rig, key, value)
        if not rig.is_served(text.get(key), tries=10):
            return number
    raise AssertionError("memcached's answers were never held up")


def take_answers(client, number):
    for _ in range(number):
        assert client.line() == b"STORED\r\n"


def set_before_the_answer_of_an_earlier_one(rig, key):
    """I3: a write must end alone. The earlier one's answer says nothing about the value."""
    with client_that_never_reads(rig) as client:
        number = set_until_held_up(rig, client, key)
        rig.tcp.set(key, b"later")
        take_answers(client, number)
        for _ in range(3):
            expect(rig, key, b"later", "an earlier set was answered later")


# ---- writes that are open ----------------------------------------------------


def set_while_another_key_of_its_bucket_is_written(rig, key):
    """I3: a write must begin alone. All keys share one bucket (--test-buckets 1)."""
    for number in range(5):
        rig.set_hot(key, b"first")
        rig.set_hot(key + b"other", b"%d" % number)
        publishes = rig.bmc.stats()["counts"]["publishes"]
        with contextlib.closing(rig.new_tcp()) as client:
            client.send(b"set %sother 0 0 3\r\n" % key)  # its data is still to come
            wait_until(lambda: not rig.is_served(text.get(key + b"other"), tries=5),
                       "memcached reads the first line")
            rig.tcp.set(key, b"second")
            seen = rig.bmc.stats()["counts"]["publishes"]
            if seen != publishes:
                raise Stale("published while a write was open", seen, publishes)
            client.send(b"new\r\n")
            take_answers(client, 1)
        expect(rig, key, b"second", "a set beside an open write")

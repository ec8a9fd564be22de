# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""No value outlives its time to live or a flush (I5).

memcached itself is the judge: once it has answered that a key is gone, no get
may show it again. Both are asked in turn, as fast as it goes, around the end.
"""

import time

import pytest

from harness import sequences, text
from harness.sequences import watch_until_gone


@pytest.mark.parametrize("ttl", [1, 2, 3])
def test_a_value_stored_with_a_ttl_is_not_served_after_it(rig, key, ttl):
    rig.tcp.set(key, b"value", exptime=ttl)
    served = watch_until_gone(rig, key, ttl + 3)
    if ttl == 3 and not rig.is_stock:
        assert served > 0, "a TTL of 3 s must not keep a key out of the cache"


@pytest.mark.parametrize("ttl", [2, 3])
def test_a_hot_value_overwritten_with_a_ttl_is_not_served_after_it(rig, key, ttl):
    served = sequences.overwrite_with_a_ttl(rig, key, ttl)
    if ttl == 3 and not rig.is_stock:
        assert served > 0


def test_an_absolute_exptime_ends_a_value(rig, key):
    rig.set_hot(key, b"first")
    rig.tcp.set(key, b"second", exptime=int(time.time()) + 3)
    watch_until_gone(rig, key, 7)


def test_an_absolute_exptime_far_away_is_cached(rig, key):
    rig.tcp.set(key, b"value", exptime=int(time.time()) + 40 * 24 * 3600)
    rig.make_hot(key)
    assert rig.udp().get(key) == b"value"


@pytest.mark.parametrize("command", [b"touch K 2\r\n", b"gat 2 K\r\n", b"mg K T2\r\n",
                                     b"md K I T2\r\n"])
def test_a_ttl_given_later_ends_a_value(rig, key, command):
    rig.set_hot(key, b"value")
    client = rig.new_tcp()
    client.send(command.replace(b"K", key) + b"mn\r\n")
    client.until(b"MN\r\n")
    watch_until_gone(rig, key, 6)
    client.close()


def test_a_touch_prolongs_a_value(rig, key):
    rig.tcp.set(key, b"value", exptime=2)
    rig.tcp.command(b"touch %s 100\r\n" % key)
    end = time.monotonic() + 3.5
    while time.monotonic() < end:
        assert rig.udp().get(key) == b"value"
        time.sleep(0.05)
    rig.make_hot(key)


def test_a_meta_get_tells_the_truth_about_expiry(rig, key):
    rig.tcp.set(key, b"value", exptime=2)
    end = time.monotonic() + 6
    gone = False
    while time.monotonic() < end and not gone:
        gone = rig.tcp.truth(key) is None
        reply = rig.udp().request(b"mg %s v\r\n" % key)
        if gone:
            assert reply == b"EN\r\n"
    assert gone


def test_values_with_many_ttls_all_end_in_time(rig, key):
    names = [b"%s.%d" % (key, index) for index in range(60)]
    for index, name in enumerate(names):
        rig.tcp.set(name, b"value", exptime=1 + index % 3)
    gone = set()
    end = time.monotonic() + 7
    while len(gone) < len(names) and time.monotonic() < end:
        for name in names:
            if name not in gone and rig.tcp.truth(name) is None:
                gone.add(name)
            if name in gone:
                assert rig.udp().get(name) is None
            else:
                rig.udp().get(name)
    assert len(gone) == len(names)


@pytest.mark.parametrize("command", [b"flush_all\r\n", b"flush_all 0\r\n", b"flush_all -1\r\n",
                                     b"flush_all 1\r\n", b"flush_all 2\r\n", b"flush_all 3\r\n"])
def test_a_flush_ends_every_value(rig, key, command):
    """Delayed flushes strike up to two seconds early, and kill what is stored until then."""
    names = [key + b"%d" % index for index in range(5)]
    for name in names:
        rig.set_hot(name, b"value")
    assert rig.tcp.command(command) == b"OK\r\n"
    end = time.monotonic() + 5
    rewritten = 0
    while time.monotonic() < end:
        for name in names[:3]:
            gone = rig.tcp.truth(name) is None
            reply = rig.udp().get(name)
            assert not (gone and reply), "served after it was flushed"
        # Stored while a flush is pending: may die with it.
        rig.tcp.set(names[3], b"%d" % rewritten)
        for _ in range(3):
            gone = rig.tcp.truth(names[3]) is None
            reply = rig.udp().get(names[3])
            assert not (gone and reply), "stored before a flush, served after it"
        rewritten += 1
        time.sleep(0.005)
    assert rig.udp().get(names[0]) is None


def test_serving_comes_back_after_a_flush(rig, key):
    rig.tcp.command(b"flush_all\r\n")
    rig.tcp.set(key, b"value")
    # memcached may still kill it: stored in the second of the flush.
    time.sleep(2.2)
    rig.tcp.set(key, b"value")
    rig.make_hot(key)


@pytest.mark.needs_bmc
def test_bmc_flush_empties_the_cache_but_not_memcached(rig, key):
    rig.set_hot(key, b"value")
    rig.bmc.flush()
    reply, served = rig.ask(text.get(key))
    assert (reply, served) == (text.value_reply(key, b"value"), False)
    rig.make_hot(key)


def test_a_clock_that_stood_still_cannot_bring_back_what_expired(make_rig, key):
    """After SIGSTOP, memcached's clock lags until its timer runs again."""
    rig = make_rig()
    for _ in range(3):
        rig.tcp.set(key, b"value", exptime=3)
        for _ in range(20):
            rig.udp().get(key)
        rig.memcached.freeze()
        time.sleep(4)
        client = rig.new_udp(timeout=0.05)
        client.send(text.get(key))
        rig.memcached.thaw()
        client.close()
        watch_until_gone(rig, key, 4)

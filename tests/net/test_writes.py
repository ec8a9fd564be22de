# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""After a write is acknowledged, no get returns what was there before (I2).

For every command that can change a value, over every transport and protocol:
the key is hot, the command goes out, memcached acknowledges, and the get that
follows at once must show the new state; a hundred times in a row.
"""

import contextlib
import os

import pytest

from harness import rounds, text, writes
from harness.rig import Rig
from harness.udp import Timeout

ROUNDS = int(os.environ.get("BMC_WRITE_ROUNDS", "100"))


@pytest.mark.parametrize("case", **rounds.by_name(rounds.CASES))
def test_a_write_is_seen_by_the_next_get(rig, key, case):
    with case.carried(rig) as carrier:
        for number in range(ROUNDS):
            rounds.play(rig, case, carrier, key, number)


@pytest.fixture(scope="module")
def evicting_rig(bmc_binary):
    with contextlib.closing(Rig(bmc_binary, memcached=rounds.SMALL_MEMCACHED)) as made:
        yield made


@pytest.mark.parametrize("case", **rounds.by_name(
    [case for case in rounds.CASES if case.write.before is None]))
def test_a_write_of_a_key_that_memcached_evicted_is_seen_by_the_next_get(evicting_rig, key, case):
    with case.carried(evicting_rig) as carrier:
        for number in range(5):
            rounds.play_on_evicted(evicting_rig, case, carrier, key, number)


@pytest.mark.parametrize("command", [
    "set K 0 0 %d\r\n", "add K 0 0 %d\r\n", "replace K 0 0 %d\r\n", "append K 0 0 %d\r\n",
    "ms K %d\r\n", "ms K %d ME\r\n"])
def test_a_store_that_is_too_large_leaves_nothing_stale(rig, key, command):
    line = (command % writes.LARGE).encode().replace(b"K", key)
    for _ in range(10):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(line + b"x" * writes.LARGE + b"\r\n")
        assert client.line().startswith(b"SERVER_ERROR")
        truth = rig.tcp.truth(key)
        assert rig.udp().get(key) == truth
        client.close()


def test_a_set_with_a_bad_data_chunk_leaves_nothing_stale(rig, key):
    for _ in range(20):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(b"set %s 0 0 2\r\nabcd\r\n" % key)
        assert client.line() == b"CLIENT_ERROR bad data chunk\r\n"
        truth = rig.tcp.truth(key)
        for _ in range(3):
            assert rig.udp().get(key) == truth
        client.close()


NASTY_VALUES = [b"delete K\r\n", b"set K 0 0 1\r\nx\r\n", b"END\r\n", b"STORED\r\n", b"\r\n",
                b"VALUE K 0 1\r\nx\r\nEND\r\n", b"\x80\x01\0\0", b"flush_all\r\n", b"mn\r\n" * 50,
                b"x" * 8190, b"y" * 2047 + b"\r\n", b"set K 0 0 100000\r\n" * 400]


@pytest.mark.parametrize("place", range(len(NASTY_VALUES)))
def test_a_value_that_looks_like_commands_is_only_a_value(rig, key, place):
    value = NASTY_VALUES[place].replace(b"K", key)
    other = key + b"other"
    rig.set_hot(other, b"untouched")
    client = rig.new_tcp()
    for number in range(20):
        rig.make_hot(other, timeout=15)  # found too long for a reply, a key rests for 10 s
        client.set(other, value)
        client.set(key, b"%d" % number)
        assert rig.udp().get(key) == b"%d" % number
        assert rig.udp().get(other) == value
        client.set(other, b"untouched")
        assert rig.udp().get(other) == b"untouched"
    if not rig.is_stock:
        assert rig.bmc.status()["unsynced"] == []
    client.close()


def split_requests(key):
    """Requests of several kinds, each to be cut into two at every byte."""
    return [text.store("set", key, b"new-value"), b"delete %s\r\n" % key,
            b"ms %s 9 T0\r\nnew-value\r\n" % key, b"set %s 0 0 0\r\n\r\n" % key,
            b"incr %s 1\r\n" % key, b"touch %s -1\r\n" % key]


@pytest.mark.parametrize("which", range(6))
def test_a_request_split_at_every_byte_is_understood(rig, key, which):
    request = split_requests(key)[which]
    client = rig.new_tcp()
    for cut in range(1, len(request)):
        rig.set_hot(key, b"100")
        client.send(request[:cut])
        rig.udp().get(key)
        assert rig.tcp.get(b"nothing") is None  # memcached had time to read the first part
        client.send(request[cut:])
        client.line()
        assert rig.udp().get(key) == rig.tcp.truth(key), f"cut at {cut}"
    client.close()


def test_a_request_sent_byte_by_byte_is_understood(rig, key):
    client = rig.new_tcp()
    for number in range(10):
        rig.set_hot(key, b"first")
        for byte in text.store("set", key, b"new-%d" % number):
            client.send(bytes([byte]))
        assert client.line() == b"STORED\r\n"
        assert rig.udp().get(key) == b"new-%d" % number
    client.close()


@pytest.mark.parametrize("commands", [2, 19, 20, 21, 50, 200])
def test_a_pipeline_of_sets_ends_with_the_last_value(rig, key, commands):
    client = rig.new_tcp()
    for _ in range(20):
        rig.set_hot(key, b"first")
        client.send(b"".join(text.store("set", key, b"%d" % n) for n in range(commands)))
        for _ in range(commands):
            assert client.line() == b"STORED\r\n"
        assert rig.udp().get(key) == b"%d" % (commands - 1)
    client.close()


def test_a_gat_of_a_thousand_keys_touches_them_all(rig, key):
    names = [b"%s%d" % (key[:6], index) for index in range(1000)]
    for name in names[::50]:
        rig.set_hot(name, b"v")
    client = rig.new_tcp()
    client.send(b"gat -1 " + b" ".join(names) + b"\r\n")
    try:
        client.until(b"\r\n")
    except ConnectionError:
        pass  # a line of that length ends the connection in some versions
    for name in names[::50]:
        assert rig.udp().get(name) == rig.tcp.truth(name)
    client.close()


def test_several_writes_in_one_datagram_all_count(rig, key):
    first, second = key + b"1", key + b"2"
    for number in range(50):
        rig.set_hot(first, b"a")
        rig.set_hot(second, b"b")
        request = b"delete %s\r\n" % first + text.store("set", second, b"%d" % number)
        client = rig.udp()
        sent = client.send(request)
        assert client.receive(sent) == b"DELETED\r\n"
        assert client.receive(sent) == b"STORED\r\n"
        assert client.get(first) is None
        assert client.get(second) == b"%d" % number


def test_a_cached_set_stays_hot_by_itself(rig, key):
    """F7's ground: a key that is overwritten is published again with its new value."""
    rig.set_hot(key, b"0")
    served = 0
    for number in range(100):
        rig.tcp.set(key, b"%d" % number)
        reply, in_kernel = rig.ask(text.get(key))
        assert reply == text.value_reply(key, b"%d" % number)
        served += in_kernel
    if not rig.is_stock:
        assert served >= 30  # nearly all, on a machine that has time


def test_no_answer_to_a_quiet_get_over_udp_is_invented(rig, key):
    rig.tcp.delete(key)
    client = rig.new_udp()
    client.send(b"mg %s v q\r\n" % key)
    with pytest.raises(Timeout):
        fields, payload = client.receive_datagram(0.1)
        if payload == b"":
            raise Timeout
    client.close()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is left to memcached: its own answer arrives, and the reason is counted.

Every request here is made of a key that is hot, so that only the request's form
keeps it from being served.
"""

import random

import pytest

from harness import text, udp
from harness.sequences import wait_until
from harness.udp import Timeout, frame


def expect_left_to_memcached(rig, payload, expected, reason):
    with rig.counted_as(reason):
        reply, served = rig.ask(payload)
    assert not served
    assert expected(reply) if callable(expected) else reply == expected


def expect_delivered(rig, number):
    """So many datagrams in all. They are counted when memcached takes them, which may be late."""
    wait_until(lambda: rig.datagrams_delivered() >= number, f"{number} datagrams are delivered")
    assert rig.datagrams_delivered() == number


def is_client_error(reply):
    return reply.startswith(b"CLIENT_ERROR ")


@pytest.fixture
def hot(hooked_rig, key):
    hooked_rig.set_hot(key, b"value")
    return key


MALFORMED = {
    # name: (request made of the hot key, memcached's answer made of it, reason)
    "trailing space": (b"get K \r\n", b"VALUE K 0 5\r\nvalue\r\nEND\r\n", "bad_key"),
    "two spaces": (b"get  K\r\n", b"VALUE K 0 5\r\nvalue\r\nEND\r\n", "bad_key"),
    "leading space": (b" get K\r\n", b"VALUE K 0 5\r\nvalue\r\nEND\r\n", "not_get"),
    "bare line feed": (b"get K\n", b"VALUE K 0 5\r\nvalue\r\nEND\r\n", "syntax"),
    "upper case": (b"GET K\r\n", b"ERROR\r\n", "not_get"),
    "no key": (b"get\r\n", b"ERROR\r\n", "not_get"),
    "no key but a space": (b"get \r\n", b"ERROR\r\n", "bad_key"),
    "gets": (b"gets K\r\n", lambda reply: reply.startswith(b"VALUE K 0 5 "), "not_get"),
    "a command after it": (b"get K\r\nversion\r\n", None, "syntax"),
    "the same command twice": (b"get K\r\nget K\r\n", None, "syntax"),
    "carriage return in the key": (b"get K\rx\r\n", b"END\r\n", "syntax"),
    "tab for a space": (b"get\tK\r\n", b"ERROR\r\n", "not_get"),
    "tab behind the key": (b"get K\t\r\n", b"END\r\n", "syntax"),
    "DEL behind the key": (b"get K\x7f\r\n", b"END\r\n", "syntax"),
    "control byte in the key": (b"get K\x01x\r\n", b"END\r\n", "syntax"),
    "NUL ends the key": (b"get K\x00x\r\n", None, "syntax"),
    "other command": (b"version\r\n", lambda reply: reply.startswith(b"VERSION "), "not_get"),
    "me": (b"me K\r\n", lambda reply: reply.startswith(b"ME K "), "not_get"),
    "mn": (b"mn\r\n", b"MN\r\n", "not_get"),
    "mg with an unknown flag": (b"mg K v $\r\n", None, "meta_flag"),
    "mg with a doubled flag": (b"mg K v v\r\n", None, "syntax"),
    "mg with a trailing space": (b"mg K v \r\n", None, "meta_flag"),
    "mg without a key": (b"mg\r\n", None, "not_get"),
    "mg with a long opaque": (b"mg K v O" + b"o" * 33 + b"\r\n", None, "meta_flag"),
}


def fill_in(template, key):
    return template.replace(b"K", key) if isinstance(template, bytes) else template


@pytest.mark.parametrize("name", MALFORMED)
def test_an_odd_request_gets_memcacheds_own_answer(hooked_rig, hot, name):
    request, expected, reason = MALFORMED[name]
    payload = fill_in(request, hot)
    if callable(expected):
        def expect(reply):
            return expected(reply.replace(hot, b"K"))
    else:
        expect = fill_in(expected, hot)
    before = hooked_rig.passes()
    reply, served = hooked_rig.ask(payload)
    assert not served
    if expect is not None:
        assert expect(reply) if callable(expect) else reply == expect
    if reason and not hooked_rig.is_stock:
        assert hooked_rig.passes()[reason] == before[reason] + 1


def test_a_key_of_251_bytes_is_refused_by_memcached(hooked_rig, hot):  # hot: our address is known
    expect_left_to_memcached(hooked_rig, text.get(b"k" * 251), is_client_error, "bad_key")


def test_a_key_of_251_bytes_behind_a_hot_one_is_refused_by_memcached(hooked_rig, hot):
    expect_left_to_memcached(hooked_rig, text.get(hot, b"k" * 251),
                             lambda reply: b"CLIENT_ERROR" in reply, "bad_key")


def test_several_commands_in_a_datagram_are_all_answered(hooked_rig, hot):
    client = hooked_rig.udp()
    before = hooked_rig.datagrams_delivered()
    sent = client.send(text.get(hot) + b"mn\r\n" + text.get(hot))
    replies = [client.receive(sent) for _ in range(3)]
    assert replies == [text.value_reply(hot, b"value"), b"MN\r\n", text.value_reply(hot, b"value")]
    expect_delivered(hooked_rig, before + 1)


WRONG_FRAMES = {
    "total 0": dict(total=0), "total 2": dict(total=2), "total 256": dict(total=256),
    "total 65535": dict(total=65535),
}


@pytest.mark.parametrize("name", WRONG_FRAMES)
def test_a_request_of_several_datagrams_is_dropped_by_memcached(hooked_rig, hot, name):
    client = hooked_rig.udp()
    with hooked_rig.counted_as("frame"):
        before = hooked_rig.datagrams_delivered()
        client.sock.send(frame(text.get(hot), 9, **WRONG_FRAMES[name]))
        with pytest.raises(Timeout):
            client.receive_datagram(0.1)
        expect_delivered(hooked_rig, before + 1)


def test_a_request_cut_anywhere_is_never_served(hooked_rig, hot):
    client = hooked_rig.new_udp()
    whole = frame(text.get(hot), 5)
    before = hooked_rig.datagrams_delivered()
    for size in range(len(whole)):
        client.sock.send(whole[:size])
    # An empty datagram is delivered, too; "get key" without \r\n or \n is never a command.
    expect_delivered(hooked_rig, before + len(whole))
    with pytest.raises(Timeout):
        while True:
            _, payload = client.receive_datagram(0.1)
            assert b"VALUE" not in payload or payload == text.value_reply(hot, b"value")
    client.close()


def test_bytes_behind_the_line_end_are_memcacheds_to_judge(hooked_rig, hot):
    for tail in (b"\0", b"\r", b"\n", b" ", b"x", b"get "):
        client = hooked_rig.new_udp()
        before = hooked_rig.datagrams_delivered()
        client.sock.send(frame(text.get(hot) + tail, 5))
        assert client.receive_datagram()[1] == text.value_reply(hot, b"value")
        expect_delivered(hooked_rig, before + 1)
        client.close()


def test_random_bytes_never_make_a_served_reply(hooked_rig, hot):
    rng = random.Random(1)
    client = hooked_rig.new_udp()
    base = bytearray(frame(text.get(hot), 5))
    before, sent = hooked_rig.datagrams_delivered(), 0
    for position in range(4, len(base)):
        if position in (6, 7):  # the reserved field may be anything
            continue
        if position in (4, 5) or position >= udp.FRAME.size:
            damaged = bytearray(base)
            damaged[position] ^= 1 << rng.randrange(8)
            client.sock.send(damaged)
            sent += 1
    with pytest.raises(Timeout):
        while True:
            client.receive_datagram(0.1)
    # A damaged key is a miss, a damaged word another command: memcached saw them all.
    expect_delivered(hooked_rig, before + sent)
    client.close()


def test_a_datagram_larger_than_the_mtu_arrives_in_fragments(hooked_rig, hot):
    names = [hot] * 200
    expected = text.value_reply(hot, b"value")
    before = hooked_rig.datagrams_delivered()
    reply = hooked_rig.udp().request(text.get(*names))
    assert len(text.get(*names)) > 1500
    assert reply == expected[:-5] * 200 + b"END\r\n"
    expect_delivered(hooked_rig, before + 1)


def test_a_request_to_another_port_is_not_served(hooked_rig, hot):
    client = hooked_rig.new_udp()
    client.sock.connect((client.sock.getpeername()[0], hooked_rig.memcached.port + 1))
    client.send(text.get(hot))
    with pytest.raises((Timeout, ConnectionRefusedError)):
        client.receive_datagram(0.2)
    client.close()


def test_writes_over_udp_reach_memcached(hooked_rig, hot):
    expect_left_to_memcached(hooked_rig, text.store("set", hot, b"new"), b"STORED\r\n", "not_get")
    assert hooked_rig.udp().get(hot) == b"new"

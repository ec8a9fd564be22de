# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Gets over TCP: the rules of docs/tcp.md, each by the sequence that breaks without it."""

import contextlib
import time

import pytest
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrFragment

from harness import tcp_sequences as sequences
from harness.peer import WRAP, Peer, make_hot, value
from harness.rig import Rig

pytestmark = pytest.mark.needs_bmc

# BMC_TEST_TCP_* of include/bmc/abi.h, and the sequences that have to notice them.
PASSED, ONE_DELTA, NO_RESEND, NO_HOLD, UNVERIFIED, ANY_SHAPE, SYN_RESETS, NO_QUOTES = (
    1 << bit for bit in range(6, 14))
RULES = {
    sequences.request_behind_a_lost_one: PASSED,
    sequences.request_again_while_memcached_thinks: PASSED,
    sequences.answer_again_after_a_serve: ONE_DELTA,
    sequences.smaller_packets_on_the_way: NO_QUOTES,
    sequences.errors_about_segments: NO_QUOTES,
    sequences.reply_that_is_lost: NO_RESEND,
    sequences.request_behind_a_reply_that_is_lost: NO_HOLD,
    sequences.hole_where_the_reply_should_be: NO_RESEND,
    sequences.damaged_request: UNVERIFIED,
    sequences.damaged_acknowledgement: UNVERIFIED,
    sequences.last_request_with_a_fin: ANY_SHAPE,
    sequences.reset_inside_a_request: ONE_DELTA,
    sequences.forged_syn: SYN_RESETS,
}


@pytest.fixture(scope="module")
def rig(bmc_binary):
    """One for the whole file: on a wire without offloads, so that every checksum is real."""
    with contextlib.closing(Rig(bmc_binary, hook="tc", options=["--tcp", "on"],
                                wire={"offload": False})) as made:
        yield made


@pytest.fixture
def connect():
    with contextlib.ExitStack() as undo:
        yield lambda *args, **options: undo.enter_context(
            contextlib.closing(Peer(*args, **options)))


@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("sequence", RULES, ids=lambda each: each.__name__)
def test_a_rule_holds(rig, connect, key, sequence, family):
    sequences.play(sequence, lambda: connect(rig, family=family), key)


@pytest.mark.parametrize("sequence", RULES, ids=lambda each: each.__name__)
def test_a_rule_that_is_broken_is_noticed(make_rig, connect, key, sequence):
    rig = make_rig(hook="tc", wire={"offload": False},
                   options=["--tcp", "on", "--test-flags", str(RULES[sequence])])
    assert sequences.failure_of(sequence, lambda: connect(rig), key, expected=True), "not noticed"


@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
def test_a_get_is_answered_before_memcached(rig, connect, key, family):
    def ten_gets(peer, key):
        make_hot(peer, key)
        before = peer.served()
        for _ in range(10):
            peer.ask(b"get %s\r\n" % key, value(key, b"hello"))
        assert peer.served() == before + 10

    sequences.play(ten_gets, lambda: connect(rig, family=family), key)


def test_our_timestamps_go_on_where_the_sockets_are(rig, connect, key):
    """They begin anywhere (RFC 7323 7.1), above 2^31 on one connection in two."""
    for _ in range(8):
        peer = connect(rig)
        make_hot(peer, key)
        stamps = []
        for _ in range(3):
            peer.ask(b"get %s\r\n" % key, value(key, b"hello"))
            stamps.append(peer.echo)
        peer.transmit()
        peer.ask(b"mn\r\n", b"MN\r\n")
        assert all(0 <= (peer.echo - stamp) % (1 << 32) < 10000 for stamp in stamps), stamps


def test_mg_is_answered_before_memcached(rig, connect, key):
    def one_mg(peer, key):
        make_hot(peer, key)
        before = peer.served()
        peer.ask(b"mg %s v f Oq1\r\n" % key, b"VA 5 f0 Oq1\r\nhello\r\n")
        assert peer.served() == before + 1

    sequences.play(one_mg, lambda: connect(rig), key)


@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("more", [{"tag": 0}, {"extras": 1}, {"tag": 0, "extras": 3}], ids=str)
def test_a_segment_of_another_shape_is_translated(rig, connect, key, more, family):
    """A priority, and what IP knows besides: not served, but not passed as it is."""
    peer = connect(rig, family=family)
    make_hot(peer, key)
    before = peer.served()
    peer.send(b"get %s\r\n" % key, **more)
    assert peer.answer(len(value(key, b"hello"))) == value(key, b"hello")
    peer.transmit(**more)
    peer.send(b"mn\r\n", **more)
    assert peer.answer(4, acknowledge=True) == b"MN\r\n"
    assert peer.served() == before


@pytest.mark.parametrize("headers", [[IPv6ExtHdrFragment(id=1)], [IPv6ExtHdrDestOpt()] * 5],
                         ids=["fragment", "many"])
def test_a_segment_that_is_not_translated_is_not_passed(rig, connect, key, headers):
    peer = connect(rig, family=6)
    make_hot(peer, key)
    before = peer.counted("dropped")
    peer.transmit(b"mn\r\n", flags="PA", headers=headers)
    assert peer.is_silent() and peer.counted("dropped") == before + 1
    peer.ask(b"mn\r\n", b"MN\r\n")
    peer.transmit()


@pytest.mark.parametrize("served", [False, True], ids=["plain", "translated"])
@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
def test_what_waits_for_its_other_fragment_is_not_served(rig, connect, key, served, family):
    """The first fragment of two gets came; then they come again, in two segments. Were the second
    one served, memcached would answer it once more when the other fragment arrives."""
    def half_of_two_gets(peer, key):
        make_hot(connect(rig), key)
        other, get = b"get -a\r\n", b"get %s\r\n" % key
        if served:
            make_hot(peer, key)
        for _ in range(2):
            peer.ask(b"mn\r\n", b"MN\r\n")
            peer.transmit()
            time.sleep(0.05)
        first, last = peer.cut(other + get, len(other), flags="PA")
        peer.sock.send(first)
        peer.ask(other, b"END\r\n")
        peer.transmit()
        time.sleep(0.05)
        before = peer.served()
        peer.ask(get, value(key, b"hello"))
        is_dropped = served and family == 6  # what waits is nothing
        assert peer.served() == before + is_dropped
        peer.transmit()
        peer.sock.send(last)
        peer.is_silent(0.05)
        peer.ask(b"mn\r\n", b"MN\r\n")
        peer.transmit()

    sequences.play(half_of_two_gets, lambda: connect(rig, family=family), key)


@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
def test_a_segment_with_another_lans_tag_is_not_passed(rig, connect, key, family):
    """The interface of that LAN may be anybody's, with the same addresses."""
    peer = connect(rig, family=family)
    make_hot(peer, key)
    before = peer.counted("dropped")
    peer.transmit(b"mn\r\n", flags="PA", tag=7)
    assert peer.is_silent() and peer.counted("dropped") == before + 1
    peer.ask(b"mn\r\n", b"MN\r\n")
    peer.transmit()


@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_a_block_that_the_kernel_cannot_know_leaves_the_other_one(rig, connect, key, first,
                                                                  family):
    """A client says that it has a served reply twice (RFC 2883), and what lies behind a hole."""
    def two_blocks(peer, key):
        expected = sequences.store_big(peer, key + b"-big")
        make_hot(peer, key)
        reply = value(key, b"hello")
        peer.ask(b"get %s\r\n" % key, reply)
        twice = ((peer.ack - len(reply)) % WRAP, peer.ack)
        with sequences.single_segments(peer):
            peer.send(b"get %s-big\r\n" % key)
            segments = [peer.receive_text() for _ in range(3)]
            text = peer.accept(segments[0])
            behind = (segments[2].seq, (segments[2].seq + len(segments[2].text)) % WRAP)
            peer.transmit(options=[("NOP", None), ("NOP", None),
                                   ("SAck", twice + behind if first else behind + twice)])
            said = sequences.socket_of(peer)
            assert " sacked:1 " in said and "dsack" not in said, said
            text += peer.accept(segments[1]) + peer.accept(segments[2])
            peer.transmit()
            assert text + peer.answer(len(expected) - len(text)) == expected
            peer.transmit()

    sequences.play(two_blocks, lambda: connect(rig, family=family), key)


def test_a_reply_that_the_window_does_not_take_is_memcacheds(rig, connect, key):
    peer = connect(rig)
    make_hot(peer, key, b"x" * 500)
    peer.window = 300
    before = peer.served()
    peer.send(b"get %s\r\n" % key)
    text = b""
    while len(text) < len(value(key, b"x" * 500)):
        text += peer.accept(peer.receive())
        peer.transmit()
    assert text == value(key, b"x" * 500)
    assert peer.served() == before


def test_a_reply_that_the_window_does_not_take_is_not_kept(rig, connect, key):
    """Not even the place for it, when the connection has ended without one that was served."""
    make_hot(connect(rig), key, b"x" * 500)
    before, too_long = rig.bmc.kept_replies(), 0
    for _ in range(3):
        with contextlib.closing(Peer(rig)) as peer:
            for _ in range(3):
                peer.ask(b"mn\r\n", b"MN\r\n")
                time.sleep(0.02)
            peer.window = 300
            had, shown = peer.counted("too_long"), peer.shown()
            peer.send(b"get %s\r\n" % key)
            peer.receive()
            too_long += peer.counted("too_long") - had
            assert peer.counted("too_long") > had or peer.shown() > shown
    assert too_long > 0
    deadline = time.monotonic() + 5
    while rig.bmc.kept_replies() > before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_request_in_ten_seconds_is_memcacheds(rig, connect, key):
    peer = connect(rig)
    make_hot(peer, key)
    before = peer.counted("due")
    # Ten seconds begin anew when a hit is shown to memcached (refresh), at most every half minute.
    deadline = time.monotonic() + 40
    while peer.counted("due") == before:
        assert time.monotonic() < deadline
        peer.ask(b"get %s\r\n" % key, value(key, b"hello"))
        time.sleep(0.1)
    served, deadline = peer.served(), time.monotonic() + 5
    while peer.served() == served:  # once memcached sleeps again
        assert time.monotonic() < deadline
        peer.ask(b"get %s\r\n" % key, value(key, b"hello"))


def test_a_write_on_another_connection_is_seen_at_once(rig, connect, key):
    reader, writer = connect(rig), connect(rig)
    make_hot(reader, key)
    for turn in range(20):
        data = b"value %03d" % turn
        writer.ask(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(data), data), b"STORED\r\n")
        reader.ask(b"get %s\r\n" % key, value(key, data))

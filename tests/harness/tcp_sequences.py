# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What breaks a naive translation of TCP: a sequence for each rule of docs/tcp.md.

Each ends well, or raises an AssertionError if its rule is broken: failure_of() plays one.
"""

import contextlib
import os
import signal
import time

from harness import topology
from harness.peer import Silence, make_hot, value

GET = b"get %s\r\n"


def failure_of(sequence, new_peer, key, expected=False):
    """The AssertionError in which it ends, or None. If a hit was shown to memcached meanwhile
    and it ended otherwise than expected, that says nothing: others play it again."""
    for number in range(4):
        peer, failure = new_peer(), None
        try:
            sequence(peer, b"%s-%d" % (key, number))
        except AssertionError as error:
            failure = error
        if (failure is not None) == expected or not peer.was_shown_since_hot():
            break
    return failure


def play(sequence, new_peer, key):
    if failure := failure_of(sequence, new_peer, key):
        raise failure


def _answered_by_memcached(peer, key, data=b"hello"):
    """The connection works on, in both directions."""
    peer.ask(GET % key, value(key, data))
    peer.transmit()
    peer.ask(b"mn\r\n", b"MN\r\n")
    peer.transmit()


# -- rule 1: a byte that was passed is never served ------------------------------


def request_behind_a_lost_one(peer, key):
    """A get is lost, a set behind it is not: the set waits in the kernel. Were the get served
    when it comes again, the value's bytes would run as commands."""
    make_hot(peer, key)
    get = GET % key
    store = b"set %s 0 0 3\r\nnew\r\n" % key
    peer.transmit(store, seq=peer.seq + len(get), flags="PA")
    duplicate = peer.receive()
    assert duplicate.text == b""
    peer.send(get)
    peer.seq += len(store)
    expected = value(key, b"hello") + b"STORED\r\n"
    assert peer.answer(len(expected), acknowledge=True) == expected
    _answered_by_memcached(peer, key, b"new")


def request_again_while_memcached_thinks(peer, key):
    """A get was passed, since the window took no reply, and memcached stands still. The get comes
    once more, with a window that takes it; were it served, it would be answered twice."""
    make_hot(peer, key)
    memcached, window, again = peer.rig.memcached.pid, peer.window, peer.seq
    os.kill(memcached, signal.SIGSTOP)
    try:
        peer.window = 20
        peer.send(GET % key)
        peer.receive()  # acknowledged
        peer.window = window
        peer.transmit(GET % key, seq=again, flags="PA")
        peer.transmit()  # the kernel learns of the window
    finally:
        os.kill(memcached, signal.SIGCONT)
    assert peer.answer(len(value(key, b"hello")), acknowledge=True) == value(key, b"hello")
    peer.ask(b"mn\r\n", b"MN\r\n")  # another get could be taken for the one that was passed
    peer.transmit()
    _answered_by_memcached(peer, key)


# -- rule 2: numbers are translated by what they number --------------------------


@contextlib.contextmanager
def _nothing_gets_to_the_stack(peer):
    """What the peer sends is dropped behind TC, where a firewall would drop it."""
    server, family = peer.rig.topology.server, "-6" if peer.family == 6 else "-4"
    drop = ("pref 10 from", peer.mine, "blackhole")

    def move_local(*, to, at):
        server.ip(family, "rule add pref", str(to), "lookup local")
        server.ip(family, "rule del pref", str(at), "lookup local")

    server.run("sysctl", "-q", "-w", "net.ipv4.ip_early_demux=0")
    move_local(to=100, at=0)  # nothing stands before the first rule
    server.ip(family, "rule add", *drop)
    try:
        yield
    finally:
        server.ip(family, "rule del", *drop)
        move_local(to=0, at=100)
        server.run("sysctl", "-q", "-w", "net.ipv4.ip_early_demux=1")


def answer_again_after_a_serve(peer, key):
    """A request that carries the acknowledgement of memcached's answer is served, and the
    kernel does not get that acknowledgement: it sends the answer again, which has to lie where it
    lay, and not behind the reply."""
    make_hot(peer, key)
    at = peer.ack
    peer.send(b"mn\r\n")
    assert peer.answer(4) == b"MN\r\n"
    with _nothing_gets_to_the_stack(peer):
        before = peer.served()
        peer.ask(GET % key, value(key, b"hello"))
        assert peer.served() == before + 1
        again = peer.receive(5, repeated=True)
        assert (again.text, again.seq) == (b"MN\r\n", at)
    peer.transmit()
    _answered_by_memcached(peer, key)


def store_big(peer, key):
    """A value of several segments, which is never served; returns what a get is answered."""
    data = b"%04d" * 1000 % tuple(range(1000))
    for start in range(0, len(data), 1000):
        peer.send((b"set %s 0 0 %d\r\n" % (key, len(data)) if not start else b"")
                  + data[start:start + 1000])
    peer.ask(b"\r\n", b"STORED\r\n")
    peer.transmit()
    return value(key, data)


def serve_much(peer, key):
    """So much that no number of what is under way is another one's on the other side."""
    make_hot(peer, key, b"x" * 1000)
    before = peer.served()
    for _ in range(20):
        peer.ask(GET % key, value(key, b"x" * 1000))
    assert peer.served() - before > 15
    peer.transmit()


@contextlib.contextmanager
def single_segments(peer):
    """Nobody merges them, or cuts them later."""
    ends = ((peer.rig.topology.server, topology.SERVER_IF, ("tso", "gso")),
            (peer.rig.topology.client, topology.CLIENT_IF, ("gro",)))

    def switch(to):
        for ns, name, features in ends:
            ns.run("ethtool", "-K", name, *(word for each in features for word in (each, to)))

    switch("off")
    try:
        yield
    finally:
        switch("on")


def smaller_packets_on_the_way(peer, key):
    """A router takes no packet as long as memcached's, and quotes the first: path MTU discovery
    (RFC 1191, RFC 8201). All of them come again, in pieces that are short enough."""
    mtu, headers = (1280, 72) if peer.family == 6 else (700, 52)
    expected = store_big(peer, key + b"-big")
    serve_much(peer, key)
    with single_segments(peer):
        try:
            peer.send(GET % (key + b"-big"))
            first = again = peer.receive_text()
            assert len(first.text) > mtu - headers
            peer.complain(first, mtu)
            while again.seq != first.seq or again is first:
                again = peer.receive_text()
            assert len(again.text) <= mtu - headers, "it comes as long as before"
            text = peer.accept(again)
            while len(text) < len(expected):
                peer.transmit()
                text += peer.accept(peer.receive())
            assert text == expected
            peer.transmit()
        finally:  # the route remembers it
            for family in ("-4", "-6"):
                peer.rig.topology.server.ip(family, "route flush cache")


def errors_about_segments(peer, key):
    """What the kernel believes of ICMP is about numbers that it has under way."""
    serve_much(peer, key)
    out_of_window = _out_of_window_errors(peer)
    for expired in (False, True):
        for quoted in (8, 32):
            before = peer.counted("quotes")
            peer.send(b"mn\r\n")
            passed = peer.receive_text()
            assert passed.text == b"MN\r\n"
            peer.complain(passed, expired=expired, quoted=quoted)
            peer.accept(passed)
            peer.send(GET % key)
            served = peer.receive_text()
            peer.complain(served, expired=expired, quoted=quoted)
            assert peer.accept(served) == value(key, b"x" * 1000)
            peer.transmit()
            assert peer.counted("quotes") == before + 2
    _answered_by_memcached(peer, key, b"x" * 1000)
    assert _out_of_window_errors(peer) == out_of_window


def socket_of(peer):
    """What the kernel says of memcached's."""
    return peer.rig.topology.server.run(
        "ss", "-Htin", f"sport = :{peer.rig.memcached.port} and dport = :{peer.port}",
        text=True).stdout


def _out_of_window_errors(peer):
    fd = peer.rig.topology.server.open_proc("netstat")
    try:
        lines = [line.split() for line in os.pread(fd, 65536, 0).decode().splitlines()
                 if line.startswith("TcpExt:")]
    finally:
        os.close(fd)
    return int(lines[1][lines[0].index("OutOfWindowIcmps")])


# -- rule 3: the client's TCP repairs a lost reply -------------------------------


def reply_that_is_lost(peer, key):
    """The request comes again: exactly, with more behind it, cut in two."""
    make_hot(peer, key)
    get, reply = GET % key, value(key, b"hello")
    start, at = peer.seq, peer.ack
    peer.send(get)
    first = peer.receive()
    assert first.text == reply and first.seq == at
    for repeated in (get, get + b"mn\r\n", get[:-3], get[3:] + b"mn\r\n"):
        offset = 3 if repeated.startswith(get[3:]) else 0
        peer.transmit(repeated, seq=start + offset, flags="PA")
        again = peer.receive()
        assert (again.text, again.seq, again.ack) == (reply, first.seq, first.ack), repeated
    peer.accept(first)
    peer.transmit()
    _answered_by_memcached(peer, key)


def request_behind_a_reply_that_is_lost(peer, key):
    """What is sent behind a served request must not be acknowledged before the reply is there,
    or nobody would ask for it again; when it is there, it must be."""
    make_hot(peer, key)
    get, reply = GET % key, value(key, b"hello")
    start, at = peer.seq, peer.ack
    peer.send(get)
    assert peer.receive().text == reply  # and is lost
    peer.send(b"mn\r\n")
    answer = peer.receive()
    while not answer.text:
        assert answer.ack == start
        answer = peer.receive()
    assert answer.text == b"MN\r\n" and answer.seq == (at + len(reply)) % (1 << 32)
    assert answer.ack == start, "acknowledged before the reply is"
    peer.transmit(get, seq=start, flags="PA")
    again = peer.receive()
    while again.text != reply:
        again = peer.receive()
    assert again.seq == at
    peer.accept(again)
    peer.transmit()
    acknowledgement = peer.receive()
    while acknowledgement.ack != peer.seq:
        acknowledgement = peer.receive()
    peer.accept(answer)
    peer.transmit()
    _answered_by_memcached(peer, key)


def hole_where_the_reply_should_be(peer, key):
    """A client with SACK says what it has: the reply comes again without a repeated request."""
    make_hot(peer, key)
    get, reply = GET % key, value(key, b"hello")
    at = peer.ack
    peer.send(get)
    assert peer.receive().text == reply
    peer.send(b"mn\r\n")
    answer = peer.receive()
    while not answer.text:
        answer = peer.receive()
    peer.transmit(options=[("NOP", None), ("NOP", None), ("SAck", (answer.seq, answer.seq + 4))])
    again = peer.receive()
    while again.text != reply:
        again = peer.receive()
    assert again.seq == at
    peer.accept(again)
    peer.accept(answer)
    peer.transmit()
    _answered_by_memcached(peer, key)


# -- rule 4: nothing is believed that is not verified ----------------------------


def damaged_request(peer, key):
    """One byte of a key is another one: to be answered is another key's value."""
    make_hot(peer, key)
    other = key[:-1] + b"~"
    peer.ask(b"set %s 0 0 5\r\nother\r\n" % other, b"STORED\r\n")
    peer.ask(GET % other, value(other, b"other"))
    make_hot(peer, key)
    frame = bytearray(bytes(peer.build(GET % key, flags="PA")))
    where = bytes(frame).index(key) + len(key) - 1
    frame[where] = ord("~")
    peer.sock.send(bytes(frame))
    assert peer.is_silent(), "a damaged request was answered"
    _answered_by_memcached(peer, key)


def damaged_acknowledgement(peer, key):
    """It must not free the reply: the client may not have it."""
    make_hot(peer, key)
    get, reply = GET % key, value(key, b"hello")
    start, at = peer.seq, peer.ack
    peer.send(get)
    assert peer.receive().text == reply
    frame = bytearray(bytes(peer.build(ack=at + len(reply))))
    frame[-1] ^= 0x55  # a time stamp's last byte, or the window's neighbour
    peer.sock.send(bytes(frame))
    peer.transmit(get, seq=start, flags="PA")
    try:
        again = peer.receive()
    except Silence:
        raise AssertionError("the reply was forgotten") from None
    assert again.text == reply and again.seq == at
    peer.accept(again)
    peer.transmit()
    _answered_by_memcached(peer, key)


# -- rule 5: plain segments only -------------------------------------------------


def last_request_with_a_fin(peer, key):
    """A swallowed FIN would leave memcached with an open connection for ever."""
    make_hot(peer, key)
    reply = value(key, b"hello")
    peer.transmit(GET % key, flags="FPA")
    peer.seq = (peer.seq + len(GET % key) + 1) % (1 << 32)
    text, has_ended = b"", False
    while not has_ended:
        segment = peer.receive()
        text += peer.accept(segment)
        has_ended = "F" in segment.flags
    assert text == reply


def reset_inside_a_request(peer, key):
    """The client does not have the reply, so it counts from before its request; the kernel
    takes a reset only exactly where it stands."""
    make_hot(peer, key)
    start = peer.seq
    peer.send(GET % key)
    assert peer.receive().text == value(key, b"hello")  # and is lost
    peer.transmit(flags="R", seq=start, ack=0)
    deadline = time.monotonic() + 3
    while _is_connected(peer):
        assert time.monotonic() < deadline, "memcached's socket lives on"
        time.sleep(0.02)


def _is_connected(peer):
    return "ESTAB" in socket_of(peer)


# -- rule 6: the life of a flow --------------------------------------------------


def forged_syn(peer, key):
    """Anybody can send one; the connection goes on."""
    make_hot(peer, key)
    peer.transmit(flags="S", seq=peer.seq + 123456, ack=0)
    time.sleep(0.05)
    while not peer.is_silent(0.05):
        pass  # a challenge (RFC 5961 4)
    _answered_by_memcached(peer, key)

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Orders of events that break a naive cache, each seen happening in memcached 1.6.18.

docs/coherence.md tells why each one matters; here each is played deterministically.
A value of the wrong writer after such a sequence is what a cache would serve for ever.
"""

import base64
import socket
import struct
import time

import pytest

from harness import binary, sequences, text, udp


def truth(rig, key):
    """What memcached itself holds. The get puts a connection that lost its place in step again."""
    rig.tcp.get(key)
    return rig.tcp.truth(key)


def assert_coherent(rig, key, rounds=5):
    """UDP gets agree with memcached, also after they had the chance to be cached."""
    for _ in range(rounds):
        assert rig.udp().get(key) == truth(rig, key)


def wait_until_read(rig):
    """memcached has read what other connections sent before: it answers them in turn."""
    for _ in range(3):
        client = rig.new_tcp()
        client.barrier()
        client.close()
        time.sleep(0.005)


def drain(client, until):
    while until not in client.buffer:
        client._more()


def test_a_set_that_is_answered_after_a_later_one_took_effect(rig, key):
    """I3: at the end of the second set nothing is open, and still it must not be published."""
    big = key + b"big"
    rig.tcp.set(big, b"x" * 900000)
    for round_number in range(5):
        rig.set_hot(key, b"first")
        one, two = rig.new_tcp(), rig.new_tcp(receive_buffer=4096)
        one.send(b"set %s 0 0 6\r\n" % key)  # its data is still to come
        wait_until_read(rig)
        # V2 is applied at once, but its answer stays behind replies that nobody reads.
        two.send(text.store("set", key, b"second") + text.get(big) * 8)
        wait_until_read(rig)
        one.send(b"latest\r\n")
        assert one.line() == b"STORED\r\n"
        drain(two, b"STORED\r\n")
        assert truth(rig, key) == b"latest"
        for _ in range(10):
            assert rig.udp().get(key) == b"latest", f"round {round_number}"
        one.close()
        two.close()


@pytest.mark.needs_bmc
def test_a_set_that_takes_effect_before_an_earlier_one_is_answered(make_rig, key):
    sequences.set_before_the_answer_of_an_earlier_one(make_rig(), key)


@pytest.mark.needs_bmc
def test_a_set_while_another_key_of_its_bucket_is_written(make_rig, key):
    rig = make_rig(options=["--test-buckets", "1"])
    sequences.set_while_another_key_of_its_bucket_is_written(rig, key)


def test_the_answer_of_a_set_may_be_dropped_by_a_failing_get(rig, key):
    """One reply for two commands: replies cannot be matched one by one."""
    for number in range(20):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(text.store("set", key, b"new-%d" % number) + text.get(b"k" * 251))
        assert client.line().startswith(b"CLIENT_ERROR")
        assert rig.udp().get(key) == b"new-%d" % number
        client.send(text.store("set", key, b"newer-%d" % number))
        client.line()
        assert rig.udp().get(key) == truth(rig, key)
        client.close()


@pytest.mark.parametrize("writes", [1, 19, 20, 21, 40])
def test_writes_behind_a_get_in_one_batch(rig, key, writes):
    """memcached answers a get, and every 20th command, before it executes the rest."""
    client = rig.new_tcp()
    for number in range(30):
        rig.set_hot(key, b"first")
        batch = text.get(key) + b"".join(
            text.store("set", key, b"%d.%d" % (number, n)) for n in range(writes))
        client.send(batch)
        client.until(b"END\r\n")
        for _ in range(writes):
            assert client.line() == b"STORED\r\n"
        assert rig.udp().get(key) == b"%d.%d" % (number, writes - 1)
        client.barrier()  # a batch with a get in it ends when its client speaks again
    client.close()


def test_a_delete_hidden_behind_a_data_block_of_length_zero(rig, key):
    """What follows a bad data chunk is executed from the middle of a line."""
    for _ in range(20):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(b"set %sother 0 0 0\r\nXXdelete %s\r\n" % (key, key))
        client.line()
        client.line()
        assert rig.udp().get(key) == truth(rig, key)
        client.close()


def test_a_byte_count_that_wraps_makes_the_data_commands(rig, key):
    """bytes 4294967297 means 1 byte in some versions, and the rest are commands."""
    for _ in range(10):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(b"set %sother 0 0 4294967297\r\nx\r\ndelete %s\r\n" % (key, key))
        client.line()
        wait_until_read(rig)
        assert_coherent(rig, key, 2)
        client.close()


def test_an_exptime_that_wraps_is_a_short_one(rig, key):
    """exptime 4294967298 means 2 s in some versions."""
    rig.set_hot(key, b"first")
    rig.tcp.command(b"set %s 0 4294967298 3\r\nnew\r\n" % key)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        before = truth(rig, key)
        served = rig.udp().get(key)
        assert served in (before, truth(rig, key))
        time.sleep(0.02)


@pytest.mark.parametrize("number", [b"-5", b"+3", b"03", b"3 ", b" 3", b"0x3", b"3a", b"99999999999",
                                    b"18446744073709551619"])
def test_an_odd_byte_count_never_hides_a_write(rig, key, number):
    for _ in range(5):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(b"set %sother 0 0 %s\r\nabc\r\ndelete %s\r\nmn\r\n" % (key, number, key))
        wait_until_read(rig)
        time.sleep(0.01)
        assert_coherent(rig, key, 2)
        client.close()


def test_a_surplus_of_a_binary_body_runs_as_the_next_command(rig, key):
    """Nobody in memcached checks that a body has no more than key, extras and value."""
    for _ in range(10):
        rig.set_hot(key, b"first")
        hidden = binary.request(binary.DELETE, key)
        client = rig.new_tcp()
        client.send(binary.request(binary.GET, b"nokey", surplus=len(hidden)) + hidden
                    + binary.request(binary.NOOP))
        time.sleep(0.02)
        wait_until_read(rig)
        assert_coherent(rig, key, 2)
        client.close()


def patiently(ask):
    """Once more, if memcached has swallowed a datagram as data."""
    for _ in range(5):
        try:
            return ask()
        except udp.Timeout:
            continue
    return ask()


def patient_get(rig, key):
    """A get over UDP while memcached may swallow datagrams as data."""
    for _ in range(50):
        client = rig.new_udp(timeout=0.05)
        try:
            return client.get(key)
        except (udp.Timeout, ValueError):
            continue
        finally:
            client.close()
    raise AssertionError("memcached no longer answers over UDP")


def test_a_set_over_udp_that_another_clients_datagram_completes(rig, key):
    """The datagram that finishes the data block names no key at all."""
    completed = 0
    for number in range(10):
        rig.tcp.set(key, b"first")
        patiently(lambda: rig.make_hot(key))
        first, second = rig.new_udp(), rig.new_udp()
        first.send(b"set %s 0 0 12\r\nabc" % key)
        for attempt in range(50):  # until the worker that waits for data is the one that reads
            # The frame's 8 bytes and the Z are what the data block lacks.
            second.sock.send(udp.frame(b"Z\r\n", number * 100 + attempt))
            time.sleep(0.001)
            if truth(rig, key) != b"first":
                completed += 1
                break
        for _ in range(5):
            assert patient_get(rig, key) == truth(rig, key)
        first.close()
        second.close()
    assert completed > 0


def test_a_gat_of_a_hundred_keys_invalidates_them_all(rig, key):
    names = [b"%s.%d" % (key, index) for index in range(100)]
    for name in names:
        rig.tcp.set(name, b"1")
    for name in names[::9]:
        rig.make_hot(name)
    rig.tcp.send(b"gat -1 " + b" ".join(names) + b"\r\n")
    rig.tcp.until(b"END\r\n")
    for name in names[::9]:
        assert rig.udp().get(name) is None


def test_a_stale_item_is_announced_to_the_first_meta_get(rig, key):
    """After md I, memcached tells one client to recache (W), others that one is at it (X, Z)."""
    for _ in range(10):
        rig.set_hot(key, b"first")
        assert rig.tcp.command(b"md %s I T30\r\n" % key) == b"HD\r\n"
        assert rig.udp().request(b"mg %s v\r\n" % key) == b"VA 5 X W\r\nfirst\r\n"
        for _ in range(5):
            assert rig.udp().request(b"mg %s v\r\n" % key) == b"VA 5 Z X\r\nfirst\r\n"
        assert rig.udp().get(key) == b"first"


def test_a_vivified_item_is_empty_and_announced(rig, key):
    rig.tcp.delete(key)
    assert rig.udp().request(b"mg %s v N30\r\n" % key) == b"VA 0 W\r\n\r\n"
    for _ in range(5):
        assert rig.udp().request(b"mg %s v\r\n" % key) == b"VA 0 Z\r\n\r\n"


def test_a_key_stored_in_base64_comes_back_in_base64(rig, key):
    name = base64.b64encode(key)
    rig.tcp.send(b"ms %s 5 b\r\nvalue\r\n" % name)
    assert rig.tcp.line() == b"HD\r\n"
    expected = rig.udp().request(b"mg %s k v\r\n" % key)
    for _ in range(20):
        assert rig.udp().request(b"mg %s k v\r\n" % key) == expected
        assert rig.udp().get(key) == b"value"
        rig.tcp.set(key + b"other", b"x")


def test_a_decremented_number_keeps_its_padding(rig, key):
    rig.set_hot(key, b"10")
    assert rig.tcp.command(b"decr %s 1\r\n" % key) == b"9\r\n"
    rig.make_hot(key)
    for _ in range(5):
        assert rig.udp().request(text.get(key)) == text.value_reply(key, b"9 ")


def test_an_item_set_while_a_get_of_it_is_under_way(rig, key):
    """I4: a fill must not publish what a write has overtaken."""
    for number in range(300):
        rig.tcp.delete(key)
        rig.tcp.set(key, b"old-%d" % number)
        rig.udp().get(key)  # a miss in the kernel: the daemon will fill
        rig.tcp.set(key, b"new-%d" % number)
        assert rig.udp().get(key) == b"new-%d" % number
        assert rig.udp().get(key) == b"new-%d" % number


@pytest.mark.needs_bmc
def test_an_item_set_between_the_lease_and_the_fill(make_rig, key):
    rig = make_rig()
    for number in range(5):
        sequences.set_between_lease_and_fill(rig, key + b"%d" % number)


def test_a_connection_reset_with_a_write_still_queued(rig, key):
    """After an RST memcached may still read and execute what was queued."""
    for number in range(50):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(text.store("set", key, b"new-%d" % number, noreply=True))
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        for _ in range(20):
            before = truth(rig, key)
            served = rig.udp().get(key)
            # Writes of several rounds may still be queued, so the value may change twice
            # in between; if it did not change, there is one right answer.
            if truth(rig, key) == before:
                assert served == before


def test_a_connection_closed_in_the_middle_of_a_set_changes_nothing(rig, key):
    for _ in range(20):
        rig.set_hot(key, b"first")
        client = rig.new_tcp()
        client.send(b"set %s 0 0 100\r\nonly a part" % key)
        wait_until_read(rig)
        client.close()
        assert_coherent(rig, key, 2)
        rig.make_hot(key)  # the write is over, so the key can be cached again
        assert rig.udp().get(key) == b"first"


def test_a_set_whose_data_never_comes_keeps_its_key_out_of_the_cache(rig, key):
    rig.set_hot(key, b"first")
    client = rig.new_tcp()
    client.send(b"set %s 0 0 3\r\n" % key)
    wait_until_read(rig)
    if not rig.is_stock:
        assert not rig.is_served(text.get(key), tries=20)
    client.send(b"new\r\n")
    assert client.line() == b"STORED\r\n"
    assert rig.udp().get(key) == b"new"
    rig.make_hot(key)
    client.close()

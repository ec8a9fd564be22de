# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is answered in the kernel, and that the answer is the one memcached gives.

Each test asks while the key is cold (memcached answers), makes it hot, asks
again and compares byte by byte.
"""

import base64
import os
import time

import pytest

from harness import text
from harness.udp import frame

# XDP on a veth gets frames without tail room, so few replies fit; tests/bpf has XDP's tables.
HOOKS = ["tc"]

TRICKY_VALUES = {
    "empty": b"",
    "one byte": b"x",
    "only a line end": b"\r\n",
    "the end of a reply": b"END\r\n",
    "a reply inside": b"VALUE k 0 3\r\nabc\r\nEND\r\n",
    "a command inside": b"set k 0 0 1\r\nx\r\n",
    "every byte": bytes(range(256)),
    "zeroes": bytes(64),
    "high bytes of odd length": b"\xff" * 63,
}


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def family(request):
    return request.param


def assert_served_alike(rig, payload, family=4):
    """The cold answer of memcached and the kernel's hot one are the same bytes."""
    cold, _ = rig.ask(payload, family)
    rig.wait_until_served(payload, family)
    hot, _ = rig.ask(payload, family)
    assert hot == cold
    return hot


@pytest.mark.parametrize("name", TRICKY_VALUES)
def test_a_get_of_any_bytes_is_answered_as_memcached_does(hooked_rig, key, family, name):
    value = TRICKY_VALUES[name]
    hooked_rig.tcp.set(key, value, flags=4294967295)
    reply = assert_served_alike(hooked_rig, text.get(key), family)
    assert reply == text.value_reply(key, value, 4294967295)


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 31, 32, 33, 127, 128, 249, 250])
def test_keys_of_every_length_are_served(hooked_rig, key, length):
    name = (key * 20)[-length:] if length > 1 else b"\xc3"
    hooked_rig.tcp.set(name, b"value of %d" % length)
    assert_served_alike(hooked_rig, text.get(name))


def test_keys_with_high_bytes_are_served(hooked_rig, key):
    name = key + bytes(range(0x80, 0x100)).replace(b"\xa0", b"")
    hooked_rig.tcp.set(name, b"value")
    assert_served_alike(hooked_rig, text.get(name))


def test_keys_that_share_a_prefix_are_told_apart(hooked_rig, key):
    names = [key + b"x" * count for count in range(24)]
    for name in names:
        hooked_rig.tcp.set(name, b"<" + name + b">")
        hooked_rig.make_hot(name)
    for name in names:
        assert hooked_rig.udp().get(name) == b"<" + name + b">"


@pytest.mark.parametrize("size", list(range(0, 40)) + [91, 92, 93, 127, 255, 300, 511, 700, 1000])
def test_values_of_many_sizes_are_served_whole(hooked_rig, key, size):
    value = bytes((3 * index) % 251 for index in range(size))
    hooked_rig.tcp.set(key, value)
    reply = assert_served_alike(hooked_rig, text.get(key))
    assert text.parse_values(reply)[key][1] == value


def largest_served_value(key):
    """The UDP payload is 1400 bytes: 8 of frame, the reply line, the data, two line ends, END."""
    for size in range(1400, 0, -1):
        if 8 + len(text.value_reply(key, b"x" * size)) <= 1400:
            return size


def test_a_reply_of_exactly_1400_bytes_is_served(hooked_rig, key):
    hooked_rig.tcp.set(key, b"x" * largest_served_value(key))
    assert len(assert_served_alike(hooked_rig, text.get(key))) == 1400 - 8


def test_a_reply_of_1401_bytes_is_left_to_memcached(hooked_rig, key):
    hooked_rig.tcp.set(key, b"x" * (largest_served_value(key) + 1))
    for _ in range(20):
        reply, served = hooked_rig.ask(text.get(key))
        assert not served
        assert len(reply) == 1401 - 8


def make_all_hot(rig, names):
    for name in names:
        rig.tcp.set(name, name[-1:])
    for name in names:
        rig.make_hot(name)


@pytest.mark.parametrize("count", [2, 3, 24, 63, 64])
def test_a_multi_get_of_hits_is_answered_in_one_reply(hooked_rig, key, family, count):
    names = [b"m%d" % index for index in range(count)]
    make_all_hot(hooked_rig, names)
    reply = assert_served_alike(hooked_rig, text.get(*names), family)
    assert [name for name in text.parse_values(reply)] == names


@pytest.mark.needs_bmc
def test_a_multi_get_of_65_keys_is_left_to_memcached(hooked_rig, key):
    names = [b"m%d" % index for index in range(65)]
    make_all_hot(hooked_rig, names)
    with hooked_rig.counted_as("too_many_keys"):
        for _ in range(5):
            reply, served = hooked_rig.ask(text.get(*names))
            assert not served
            assert len(text.parse_values(reply)) == 65


def test_a_key_asked_twice_is_answered_twice(hooked_rig, key):
    hooked_rig.set_hot(key, b"twice")
    reply = assert_served_alike(hooked_rig, text.get(key, key))
    assert reply.count(b"VALUE") == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_miss_sends_the_whole_multi_get_to_memcached(hooked_rig, key, place):
    names = [key + b"a", key + b"b"]
    make_all_hot(hooked_rig, names)
    asked = names[:place] + [key + b"missing"] + names[place:]
    for _ in range(20):
        reply, served = hooked_rig.ask(text.get(*asked))
        assert not served
        assert list(text.parse_values(reply)) == names


def test_a_multi_get_longer_than_one_datagram_is_left_to_memcached(hooked_rig, key):
    names = [key + b"a", key + b"b"]
    for name in names:
        hooked_rig.set_hot(name, b"x" * 700)
    for _ in range(5):
        reply, served = hooked_rig.ask(text.get(*names))
        assert not served
        assert len(text.parse_values(reply)) == 2


def test_a_miss_is_answered_by_memcached(hooked_rig, key):
    for _ in range(5):
        assert hooked_rig.ask(text.get(key)) == (b"END\r\n", False)


def test_memcached_is_asked_once_for_a_key_that_it_does_not_have(make_rig, key):
    rig = make_rig()
    rig.set_hot(b"other", b"so this client is admitted")
    before = rig.bmc.stats()["counts"]
    for _ in range(100):
        assert rig.ask(text.get(key)) == (b"END\r\n", False)
        time.sleep(0.01)
    after = rig.bmc.stats()["counts"]
    # Once, and once more for each 10 ms that the answer takes.
    assert 1 <= after["miss_reports"] - before["miss_reports"] <= 5
    assert 1 <= after["leases"] - before["leases"] <= 5


def test_a_key_that_memcached_did_not_have_is_filled_when_it_is_stored(make_rig, key):
    """Long before BMC would ask again without a write."""
    rig = make_rig()
    rig.set_hot(b"other", b"so this client is admitted")
    for _ in range(20):
        assert rig.ask(text.get(key)) == (b"END\r\n", False)
        time.sleep(0.01)
    rig.tcp.set(key, b"value")
    rig.make_hot(key)


SERVED_META = [b"v", b"f", b"s", b"k", b"f v", b"v f k s", b"s f v k", b"v q", b"k v q",
               b"v Oopaque", b"O1 v f s k q", b"v O" + b"z" * 31, b"s k f"]


@pytest.mark.parametrize("flags", SERVED_META, ids=lambda flags: flags.decode().replace(" ", "_"))
def test_a_meta_get_is_answered_as_memcached_does(hooked_rig, key, family, flags):
    hooked_rig.set_hot(key, b"meta\r\nvalue", flags=77)
    assert_served_alike(hooked_rig, b"mg %s %s\r\n" % (key, flags), family)


def test_a_meta_get_of_a_filled_key_returns_its_cas(hooked_rig, key):
    hooked_rig.tcp.set(key, b"value")
    _, cas = hooked_rig.tcp.gets(key)
    reply = assert_served_alike(hooked_rig, b"mg %s c v\r\n" % key)
    assert reply == b"VA 5 c%d\r\nvalue\r\n" % cas


@pytest.mark.parametrize("flags", [b"t v", b"h v", b"l v", b"u v", b"N30 v", b"R30 v", b"T0 v"])
def test_a_meta_get_with_other_flags_is_left_to_memcached(hooked_rig, key, flags):
    hooked_rig.set_hot(key, b"value")
    request = b"mg %s %s\r\n" % (key, flags)
    for _ in range(5):
        reply, served = hooked_rig.ask(request)
        assert not served
        assert reply.startswith(b"VA 5")


def test_a_base64_meta_get_is_left_to_memcached(hooked_rig, key):
    hooked_rig.set_hot(key, b"value")
    name = base64.b64encode(key)
    for _ in range(5):
        reply, served = hooked_rig.ask(b"mg %s v k b\r\n" % name)
        assert (reply, served) == (b"VA 5 k%s\r\nvalue\r\n" % key, False)


@pytest.mark.parametrize("request_id", [0, 1, 255, 256, 65535])
def test_the_request_id_comes_back(hooked_rig, key, request_id):
    hooked_rig.set_hot(key, b"value")
    client = hooked_rig.udp()
    for _ in range(3):
        client.sock.send(frame(text.get(key), request_id))
        fields, payload = client.receive_datagram()
        assert fields == (request_id, 0, 1, 0)
        assert payload == text.value_reply(key, b"value")


def test_sequence_and_reserved_of_a_request_are_ignored(hooked_rig, key):
    hooked_rig.set_hot(key, b"value")
    client = hooked_rig.udp()
    client.sock.send(frame(text.get(key), 321, sequence=7, reserved=9))
    assert client.receive_datagram() == ((321, 0, 1, 0), text.value_reply(key, b"value"))


@pytest.mark.needs_bmc
def test_bmc_counts_the_hits_that_the_servers_stack_does_not_see(hooked_rig, key):
    hooked_rig.set_hot(key, b"value")
    counts = hooked_rig.bmc.stats()["counts"]
    delivered = hooked_rig.datagrams_delivered()
    for _ in range(1000):
        assert hooked_rig.udp().get(key) == b"value"
    hits = hooked_rig.bmc.stats()["counts"]["hits"] - counts["hits"]
    assert hits + (hooked_rig.datagrams_delivered() - delivered) == 1000
    assert hits >= 990


def send_from_pages(client, payload):
    """Sends a request whose bytes stay in the page of a pipe: the packet is not linear."""
    request_id = client.next_id = client.next_id % 0xffff + 1
    datagram = frame(payload, request_id)
    reader, writer = os.pipe()
    try:
        os.write(writer, datagram)
        assert os.splice(reader, client.sock.fileno(), len(datagram)) == len(datagram)
    finally:
        os.close(reader)
        os.close(writer)
    return request_id


@pytest.mark.needs_bmc
def test_a_request_that_is_not_linear_is_served(rig, key):
    rig.set_hot(key, b"value")
    client = rig.udp()
    before = rig.datagrams_delivered()
    for _ in range(3):  # one may be a sampled hit
        assert client.receive(send_from_pages(client, text.get(key))) == text.value_reply(key, b"value")
    assert rig.datagrams_delivered() - before < 3

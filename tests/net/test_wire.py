# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Replies as frames: addresses, lengths and checksums, however the request came."""

import contextlib

import pytest

from harness import text, topology
from harness.packets import (IP, IPv6, UDP, Ether, Wire, assert_checksums, ones_sum,
                             pseudo_header, request)
from harness.rig import Rig

# XDP on a veth gets frames without tail room, so few replies fit; tests/bpf has XDP's tables.
HOOKS = ["tc"]

SETUPS = {
    "veth": {},
    "veth without offloads": dict(offload=False),
    "bridge": dict(bridge=True),
    "bridge without offloads": dict(bridge=True, offload=False),
}


@pytest.fixture(scope="module", params=SETUPS, ids=lambda name: name.replace(" ", "_"))
def wired(request, bmc_binary, hook):
    with contextlib.closing(Rig(bmc_binary, hook=hook, wire=SETUPS[request.param])) as rig:
        yield rig


@pytest.fixture
def wire(wired):
    with contextlib.closing(Wire(wired.topology.client)) as made:
        yield made


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def family(request):
    return request.param


def ask_raw(rig, wire, packet, family=4):
    """(captured reply, whether it was served in the kernel)."""
    before = rig.datagrams_delivered(family)
    captured = wire.ask(packet)
    return captured, rig.datagrams_delivered(family) == before


def ask_until_served(rig, wire, packet, family=4):
    for _ in range(500):
        captured, served = ask_raw(rig, wire, packet, family)
        if served or rig.is_stock:
            return captured
    raise AssertionError(f"never served: {packet.summary()} {rig.bmc.stats()}")


def assert_answers(packet, captured, family):
    """Everything that names the two ends is turned round."""
    reply, layer = captured.parse(), IPv6 if family == 6 else IP
    assert (reply[Ether].src, reply[Ether].dst) == (packet[Ether].dst, packet[Ether].src)
    assert (reply[layer].src, reply[layer].dst) == (packet[layer].dst, packet[layer].src)
    assert (reply[UDP].sport, reply[UDP].dport) == (packet[UDP].dport, packet[UDP].sport)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 31, 32, 33, 300, 301, 1000, 1001, 1300])
def test_a_served_reply_is_a_correct_frame(wired, wire, key, family, size):
    value = bytes((7 * index) % 256 for index in range(size))
    wired.set_hot(key, value)
    packet = request(text.get(key), family)
    captured = ask_until_served(wired, wire, packet, family)
    assert captured.payload[8:] == text.value_reply(key, value)
    assert_answers(packet, captured, family)
    assert_checksums(captured)


@pytest.mark.parametrize("flags", ["v", "f v", "s v k", "v O1", "v O12", "v O123", "k f s v Oabcd"])
def test_a_served_meta_reply_is_a_correct_frame(wired, wire, key, family, flags):
    wired.set_hot(key, b"some value", flags=5)
    packet = request(b"mg %s %s\r\n" % (key, flags.encode()), family)
    captured = ask_until_served(wired, wire, packet, family)
    assert captured.payload[8:].startswith(b"VA 10")
    assert_checksums(captured)


def test_a_socket_accepts_served_replies(wired, key, family):
    """The client's own stack checks every checksum that no card vouches for."""
    wired.set_hot(key, b"value")
    wired.make_hot(key, family)
    for _ in range(100):
        assert wired.udp(family).get(key) == b"value"
    snmp = wired.topology.client.run("cat", "/proc/net/snmp6" if family == 6 else "/proc/net/snmp",
                                     text=True).stdout
    if family == 6:
        assert int(snmp.split("Udp6InCsumErrors")[1].split()[0]) == 0
    else:
        names, numbers = [line.split() for line in snmp.splitlines() if line.startswith("Udp:")]
        assert int(numbers[names.index("InCsumErrors")]) == 0


def test_the_kernels_frame_differs_from_memcacheds_only_where_it_may(wired, wire, key, family):
    wired.tcp.set(key, b"value")
    packet = request(text.get(key), family)
    cold, served = ask_raw(wired, wire, packet, family)
    assert not served
    hot = ask_until_served(wired, wire, packet, family)
    frames = [cold.parse(), hot.parse()]
    for parsed in frames:
        del parsed[UDP].chksum
        if family == 4:
            # The identification is the sender's choice; so is the right to fragment.
            parsed[IP].id, parsed[IP].flags = 0, 0
            del parsed[IP].chksum
        else:
            parsed[IPv6].fl = 0
    assert bytes(frames[0]) == bytes(frames[1])


@pytest.mark.parametrize("what", ["UDP checksum", "IPv4 header checksum"])
def test_a_damaged_request_is_dropped(wired, wire, key, what):
    wired.set_hot(key, b"value")
    packet = Ether(bytes(request(text.get(key))))
    if what == "UDP checksum":
        packet[UDP].chksum ^= 0x0101
    else:
        packet[IP].chksum ^= 0x0101
    for _ in range(3):
        assert wire.ask(packet, 0.05) is None


def test_every_damaged_bit_of_a_request_keeps_it_from_being_answered(wired, wire, key):
    """No bit of the UDP part can flip without the checksum telling."""
    wired.set_hot(key, b"value")
    whole = bytes(request(text.get(key)))
    start = 14 + 20
    wire.drain()
    for position in range(start, len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        wire.send(damaged)
    assert wire.replies(0.3) == []


def test_a_request_without_udp_checksum_is_left_to_the_stack(wired, wire, key):
    wired.set_hot(key, b"value")
    packet = request(text.get(key))
    packet[UDP].chksum = 0
    for _ in range(3):
        captured, served = ask_raw(wired, wire, packet)
        assert not served
        assert captured.payload[8:] == text.value_reply(key, b"value")


def test_a_frame_padded_by_a_card_is_answered(wired, wire, key):
    """Ethernet frames have at least 60 bytes; the padding is no part of the datagram."""
    wired.tcp.set(b"k", b"v")
    wired.make_hot(b"k")
    packet = bytes(request(text.get(b"k")))
    captured, _ = ask_raw(wired, wire, packet + b"\0" * 30)
    assert captured.payload[8:] == text.value_reply(b"k", b"v")
    assert_checksums(captured)


def test_a_frame_for_another_host_is_not_answered(wired, wire, key):
    wired.set_hot(key, b"value")
    packet = request(text.get(key))
    packet[Ether].dst = "02:00:00:00:00:99"
    for _ in range(3):
        assert wire.ask(packet, 0.05) is None


def test_a_datagram_to_a_foreign_address_is_not_answered(wired, wire, key):
    wired.set_hot(key, b"value")
    for _ in range(3):
        assert wire.ask(request(text.get(key), dst="198.51.100.7"), 0.05) is None


def test_a_broadcast_or_multicast_request_is_not_answered_in_the_kernel(wired, wire, key):
    wired.set_hot(key, b"value")
    for address in ("192.0.2.255", "224.0.0.1"):
        packet = request(text.get(key), dst=address)
        packet[Ether].dst = "ff:ff:ff:ff:ff:ff"
        before = wired.datagrams_delivered()
        captured = wire.ask(packet, 0.1)
        assert captured is None or wired.datagrams_delivered() > before


@pytest.mark.needs_bmc
def test_each_of_the_servers_addresses_answers_for_itself(wired, wire, key):
    """memcached's own replies all come from the first address: its socket has none."""
    wired.set_hot(key, b"value")
    for address in (topology.SERVER4, topology.SERVER4_SECOND):
        captured = ask_until_served(wired, wire, request(text.get(key), dst=address))
        assert captured.parse()[IP].src == address


def test_ip_options_are_left_to_the_stack(wired, wire, key):
    wired.set_hot(key, b"value")
    packet = request(text.get(key))
    options = b"\x01\x01\x01\x00"  # three no-operations and the end
    raw = bytearray(bytes(packet))
    header = bytearray(raw[14:34])
    header[0] = 0x46
    header[2:4] = (len(raw) - 14 + 4).to_bytes(2, "big")
    header[10:12] = b"\0\0"
    header += options
    header[10:12] = (0xffff - ones_sum(bytes(header))).to_bytes(2, "big")
    for _ in range(3):
        captured, served = ask_raw(wired, wire, bytes(raw[:14]) + bytes(header) + bytes(raw[34:]))
        assert not served
        assert captured.payload[8:] == text.value_reply(key, b"value")


def test_an_ipv6_extension_header_is_left_to_the_stack(wired, wire, key):
    wired.set_hot(key, b"value")
    raw = bytearray(bytes(request(text.get(key), 6)))
    header, rest = raw[14:54], raw[54:]
    header[6] = 60  # destination options, with padding only
    header[4:6] = (len(rest) + 8).to_bytes(2, "big")
    frame_bytes = bytes(raw[:14]) + bytes(header) + b"\x11\x00\x01\x04\0\0\0\0" + bytes(rest)
    for _ in range(3):
        captured, served = ask_raw(wired, wire, frame_bytes, 6)
        assert not served
        assert captured.payload[8:] == text.value_reply(key, b"value")


def test_fragments_are_left_to_the_stack(wired, wire, key):
    wired.set_hot(key, b"value")
    whole = request(text.get(key), id=4242)
    datagram = bytes(Ether(bytes(whole))[UDP])
    cut = 16
    head = Ether(bytes(whole))
    for _ in range(2):
        before = wired.datagrams_delivered()
        wire.drain()
        for offset, part, more in ((0, datagram[:cut], 1), (cut, datagram[cut:], 0)):
            fragment = (Ether(src=head.src, dst=head.dst)
                        / IP(src=topology.CLIENT4, dst=topology.SERVER4, id=4242, proto=17,
                             flags=more, frag=offset // 8) / part)
            wire.send(fragment)
        replies = wire.replies(5)
        assert wired.datagrams_delivered() == before + 1
        assert replies[0].payload[8:] == text.value_reply(key, b"value")


def test_wrong_lengths_are_never_answered_in_the_kernel(wired, wire, key):
    wired.set_hot(key, b"value")
    whole = bytes(request(text.get(key)))
    for change in (-1, 1, 8, -8, 1000):
        packet = Ether(whole)
        packet[UDP].len += change
        packet[UDP].chksum = 0
        wire.drain()
        before = wired.datagrams_delivered()
        wire.send(packet)
        if wire.replies(0.05):
            assert wired.datagrams_delivered() > before


@pytest.mark.needs_bmc
def test_a_tag_of_a_vlan_that_the_host_does_not_have_is_not_answered(wired, wire, key):
    """The stack would drop it: answering would join networks that are kept apart."""
    wired.set_hot(key, b"value")
    for _ in range(3):
        assert wire.ask(request(text.get(key), vlan=7), 0.05) is None


def test_a_priority_tag_is_answered_like_none(wired, wire, key):
    """VLAN 0 marks priority only; the stack takes such frames as untagged."""
    wired.set_hot(key, b"value")
    captured = wire.ask(request(text.get(key), vlan=0))
    assert captured is not None
    assert captured.payload[8:] == text.value_reply(key, b"value")
    assert_checksums(captured)


def test_the_judge_of_checksums_can_fail(wired, wire, key):
    wired.tcp.set(key, b"value")
    captured = wire.ask(request(text.get(key)))
    assert_checksums(captured)
    damaged = bytearray(captured.data)
    damaged[-3] ^= 1
    captured.data = bytes(damaged)
    if captured.checksum_is_ready:
        with pytest.raises(AssertionError):
            assert_checksums(captured)
    parsed = captured.parse()
    assert len(pseudo_header(parsed)) == 12

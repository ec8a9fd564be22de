# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Frames as they are on the wire: sent raw, captured, and their checksums judged.

A packet socket sees a frame before the kernel does anything to it. What virtual
interfaces leave undone (a checksum that a card would have filled in, a VLAN tag
taken out of the frame) the socket tells beside the frame (PACKET_AUXDATA).
"""

import contextlib
import dataclasses
import logging
import socket
import struct
import time

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet import IP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

from harness import topology  # noqa: E402
from harness.udp import frame  # noqa: E402

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
AUXDATA = struct.Struct("IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
STATUS_CHECKSUM_NOT_READY, STATUS_VLAN_VALID = 1 << 3, 1 << 4


def request(payload, family=4, vlan=None, source_port=40000, port=11211, frame_bytes=None, **ip):
    """A whole Ethernet frame from the client to the server; scapy fills in what is not given."""
    ether = Ether(src=topology.CLIENT_MAC, dst=topology.SERVER_MAC)
    if vlan is not None:
        ether = ether / Dot1Q(vlan=vlan)
    if family == 6:
        network = IPv6(**{"src": topology.CLIENT6, "dst": topology.SERVER6, **ip})
    else:
        network = IP(**{"src": topology.CLIENT4, "dst": topology.SERVER4, **ip})
    data = frame(payload, 77) if frame_bytes is None else frame_bytes
    return ether / network / UDP(sport=source_port, dport=port) / Raw(data)


@dataclasses.dataclass
class Captured:
    data: bytes
    vlan: object  # the VLAN's number, None without a tag
    checksum_is_ready: bool

    def parse(self):
        return Ether(self.data)

    @property
    def payload(self):
        return bytes(self.parse()[UDP].payload)


class Wire:
    """A packet socket on the client's end."""

    def __init__(self, ns, interface=topology.CLIENT_IF):
        with ns.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((interface, 0))
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def close(self):
        self.sock.close()

    def send(self, packet):
        self.sock.send(bytes(packet))

    def _receive(self):
        data, control, _, _ = self.sock.recvmsg(65536, 256)
        vlan, ready = None, True
        for level, kind, value in control:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = AUXDATA.unpack(value[:AUXDATA.size])
                vlan = tci & 0xfff if status & STATUS_VLAN_VALID else None
                ready = not status & STATUS_CHECKSUM_NOT_READY
        return Captured(data, vlan, ready)

    def replies(self, wait=0.2, count=1, port=11211):
        """UDP frames from the server's port, up to `count`, within `wait` seconds."""
        found, deadline = [], time.monotonic() + wait
        while len(found) < count and time.monotonic() < deadline:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                captured = self._receive()
            except socket.timeout:
                break
            packet = captured.parse()
            if UDP in packet and packet[UDP].sport == port:
                found.append(captured)
        return found

    def drain(self):
        """Forgets what arrived before."""
        self.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.recv(1)

    def ask(self, packet, wait=5.0):
        """Sends a frame and returns the first reply, None if there is none so long."""
        self.drain()
        self.send(packet)
        found = self.replies(wait)
        return found[0] if found else None


def ones_sum(data):
    """RFC 1071, folded, not complemented."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo_header(packet):
    size = len(bytes(packet[UDP]))
    if IPv6 in packet:
        return (socket.inet_pton(socket.AF_INET6, packet[IPv6].src)
                + socket.inet_pton(socket.AF_INET6, packet[IPv6].dst)
                + struct.pack("!II", size, socket.IPPROTO_UDP))
    return (socket.inet_aton(packet[IP].src) + socket.inet_aton(packet[IP].dst)
            + struct.pack("!HH", socket.IPPROTO_UDP, size))


def assert_checksums(captured):
    """IP header and UDP checksums are right, or honestly left to the card."""
    packet = captured.parse()
    if IP in packet:
        assert ones_sum(bytes(packet[IP])[:packet[IP].ihl * 4]) == 0xffff, "IPv4 header checksum"
        assert packet[IP].len == len(bytes(packet[IP])), "IPv4 total length"
    else:
        assert packet[IPv6].plen == len(bytes(packet[IPv6])) - 40, "IPv6 payload length"
    segment = bytes(packet[UDP])
    assert packet[UDP].len == len(segment), "UDP length"
    assert packet[UDP].chksum != 0, "UDP checksum left out"
    if captured.checksum_is_ready:
        assert ones_sum(pseudo_header(packet) + segment) == 0xffff, "UDP checksum"
    else:
        assert packet[UDP].chksum == ones_sum(pseudo_header(packet)), "pseudo-header's sum"

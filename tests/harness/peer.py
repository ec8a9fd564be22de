# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A TCP client without a TCP: every segment is the test's own choice.

It has an address that no host owns, so that no kernel answers for it.
"""

import logging
import random
import socket
import time

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet import ICMP, IP, TCP, IPOption_NOP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment)
from scapy.layers.l2 import Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

from harness import topology  # noqa: E402
from harness.packets import ETH_P_ALL  # noqa: E402

PEER4, PEER6 = "192.0.2.9", "2001:db8::9"
WRAP = 1 << 32


class Silence(AssertionError):
    """A segment was waited for, and none came."""


class Peer:
    """Connected; `seq` is what it sends next, `ack` what it has received."""

    def __init__(self, rig, family=4, timestamps=True, window=60000):
        self.rig = rig
        self.family = family
        self.timestamps = timestamps
        self.window = window
        self.mine, self.other = ((PEER6, topology.SERVER6) if family == 6
                                 else (PEER4, topology.SERVER4))
        self.port = random.randrange(20000, 60000)
        rig.topology.server.ip("neigh replace", self.mine, "lladdr", topology.CLIENT_MAC,
                               "dev", topology.SERVER_IF, "nud permanent")
        with rig.topology.client.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((topology.CLIENT_IF, 0))
        self.echo = 0
        self.ack = 0
        self.seq = random.randrange(WRAP)
        self.shown_when_hot = None
        self._connect()

    def close(self):
        """The connection is reset, wherever it stands."""
        self.transmit(flags="RA")
        self.sock.close()

    def _connect(self):
        options = [("MSS", 1400), ("SAckOK", b""), ("WScale", 0)]
        self.transmit(flags="S", ack=0, options=options)
        answer = self.receive()
        assert answer.flags == "SA", answer.flags
        self.seq = (self.seq + 1) % WRAP
        self.ack = (answer.seq + 1) % WRAP
        self.transmit()

    # -- segments ----------------------------------------------------------------

    def build(self, payload=b"", seq=None, ack=None, flags="A", options=(), tag=None, extras=0,
              headers=(), **more):
        """A whole frame; what is not given is as it should be. tag: of 802.1Q; extras: options of
        IPv4, or extension headers of IPv6, behind which other headers stand."""
        ip = self._ip(extras)
        for header in headers:
            ip /= header
        options = list(options)
        if self.timestamps:
            stamp = time.monotonic_ns() // 1000000 % WRAP
            options += [("NOP", None), ("NOP", None), ("Timestamp", (stamp, self.echo))]
        tcp = TCP(sport=self.port, dport=self.rig.memcached.port,
                  seq=self.seq if seq is None else seq % WRAP,
                  ack=self.ack if ack is None else ack % WRAP,
                  flags=flags, window=self.window, options=options, **more)
        if tag is not None:
            ip = Dot1Q(vlan=tag, prio=5) / ip
        return (Ether(src=topology.CLIENT_MAC, dst=topology.SERVER_MAC) / ip / tcp
                / Raw(payload))

    def _ip(self, extras):
        if self.family == 4:
            return IP(src=self.mine, dst=self.other, options=[IPOption_NOP()] * (4 * extras))
        ip = IPv6(src=self.mine, dst=self.other)
        for _ in range(extras):
            ip /= IPv6ExtHdrDestOpt()
        return ip

    def cut(self, payload, of_payload, **segment):
        """A frame as two fragments, of which the first has so many bytes of the payload."""
        tcp = Ether(bytes(self.build(payload, **segment)))[TCP]
        text, bytes_of_first = bytes(tcp), tcp.dataofs * 4 + of_payload
        assert bytes_of_first % 8 == 0
        number = random.randrange(1, 1 << 16)
        parts = ((0, 1, text[:bytes_of_first]), (bytes_of_first // 8, 0, text[bytes_of_first:]))
        for offset, more, part in parts:
            ip = (IPv6(src=self.mine, dst=self.other)
                  / IPv6ExtHdrFragment(nh=6, offset=offset, m=more, id=number)
                  if self.family == 6 else
                  IP(src=self.mine, dst=self.other, proto=6, id=number, frag=offset, flags=more))
            yield bytes(Ether(src=topology.CLIENT_MAC, dst=topology.SERVER_MAC) / ip / Raw(part))

    def transmit(self, payload=b"", **segment):
        self.sock.send(bytes(self.build(payload, **segment)))

    def send(self, payload, flags="PA", **segment):
        """The next bytes of the stream."""
        self.transmit(payload, flags=flags, **segment)
        self.seq = (self.seq + len(payload)) % WRAP

    def complain(self, segment, mtu=None, expired=False, quoted=8):
        """A router's error about a segment of memcached's side, with so many bytes of TCP. It did
        not fit the mtu, or was under way for too long, or its destination is unreachable."""
        if self.family == 6:
            bytes_of_ip, router = 40, IPv6(src=topology.CLIENT6, dst=self.other)
            error = (ICMPv6PacketTooBig(mtu=mtu) if mtu else
                     ICMPv6TimeExceeded() if expired else ICMPv6DestUnreach(code=0))
        else:
            bytes_of_ip, router = 20, IP(src=topology.CLIENT4, dst=self.other)
            error = (ICMP(type=3, code=4, nexthopmtu=mtu) if mtu else
                     ICMP(type=11, code=0) if expired else ICMP(type=3, code=1))
        self.sock.send(bytes(Ether(src=topology.CLIENT_MAC, dst=topology.SERVER_MAC) / router
                             / error / Raw(segment.ip[:bytes_of_ip + quoted])))

    def receive(self, timeout=5.0, repeated=False):
        """The next segment of memcached's side, as it is on the wire: a TCP of scapy's.

        Data that was accepted already comes again if an acknowledgement took its time (a tail
        loss probe, RFC 8985 7): it is returned only if it is asked for.
        """
        deadline = time.monotonic() + timeout
        while True:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.0001))
            try:
                packet = Ether(self.sock.recv(65536))
            except TimeoutError:
                raise Silence(f"nothing within {timeout} s") from None
            if TCP not in packet or packet[TCP].dport != self.port:
                continue
            if packet[TCP].sport != self.rig.memcached.port:
                continue
            tcp = self._opened(packet)
            is_old = tcp.text and 0 < (self.ack - tcp.seq) % WRAP < WRAP // 2
            if repeated or not is_old:
                return tcp

    def receive_text(self):
        """The next segment with text: an acknowledgement goes before it if memcached takes its
        time."""
        while not (segment := self.receive()).text:
            pass
        return segment

    def _opened(self, packet):
        tcp = packet[TCP]
        ip = packet[IPv6] if IPv6 in packet else packet[IP]
        length = ip.plen if IPv6 in packet else ip.len - ip.ihl * 4
        tcp.text = bytes(tcp.payload)[:length - tcp.dataofs * 4]  # Ethernet pads
        tcp.ip = bytes(ip)
        stamps = dict(option for option in tcp.options if option[0] == "Timestamp")
        if "Timestamp" in stamps:
            self.echo = stamps["Timestamp"][0]
        else:
            self.timestamps = False
        return tcp

    def is_silent(self, seconds=0.15):
        try:
            self.receive(seconds)
        except Silence:
            return True
        return False

    # -- commands ----------------------------------------------------------------

    def accept(self, segment):
        """Bytes of the stream that are new, or none if they are not the next ones."""
        if segment.seq != self.ack or not segment.text:
            return b""
        self.ack = (self.ack + len(segment.text)) % WRAP
        return segment.text

    def answer(self, length, acknowledge=False):
        """So many bytes of the stream."""
        text = b""
        while len(text) < length:
            text += self.accept(self.receive())
        if acknowledge:
            self.transmit()
        assert len(text) == length, text
        return text

    def ask(self, payload, expected):
        self.send(payload)
        text = self.answer(len(expected))
        assert text == expected, text

    def served(self):
        return self.rig.bmc.stats()["tcp"]["counts"]["served"]

    def counted(self, name):
        return self.rig.bmc.stats()["tcp"]["counts"][name]

    def shown(self):
        """Hits that were memcached's in their turn: one of a key in half a minute, or of a
        connection in ten seconds. Any other one is served."""
        tcp = self.rig.bmc.stats()["tcp"]
        return tcp["passes"]["refresh"] + tcp["counts"]["due"]

    def was_shown_since_hot(self):
        return self.shown_when_hot is not None and self.shown() > self.shown_when_hot


def value(key, data):
    return b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (key, len(data), data)


def make_hot(peer, key, data=b"hello"):
    """Stores the key and asks until a get of it is served on this connection."""
    peer.ask(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(data), data), b"STORED\r\n")
    deadline = time.monotonic() + 10
    before = peer.served()
    while peer.served() == before:
        assert time.monotonic() < deadline, peer.rig.bmc.stats()["tcp"]
        peer.ask(b"get %s\r\n" % key, value(key, data))
        time.sleep(0.01)
    peer.transmit()  # the last reply has arrived
    peer.shown_when_hot = peer.shown()

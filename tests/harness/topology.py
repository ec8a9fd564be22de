# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Two hosts and the wire between them: a client and a server namespace.

    client: c0 ======================== s0 :server      Topology()
    client: c0 ==== b0 [ bridge ] b1 ==== s0 :server    Topology(bridge=True)
    client: c0 ==== b0 [ bmc_wire ] b1 == s0 :server    Topology(bad_wire=[program, seed])

Addresses are those set aside for documentation (RFC 5737, RFC 3849). Both ends
have GRO on, which makes veth poll like a network card (NAPI); without it, a
frame that XDP sends back has nowhere to go.
"""

import contextlib
import time

from harness.netns import Namespace, ip
from harness.wire import BadWire
from harness.xdp_peer import XdpPass

SERVER_IF = "s0"
CLIENT_IF = "c0"
SERVER4, SERVER4_SECOND, CLIENT4, CLIENT4_SECOND = (
    "192.0.2.1", "192.0.2.3", "192.0.2.2", "192.0.2.4")
SERVER6, CLIENT6 = "2001:db8::1", "2001:db8::2"
SERVER_MAC, CLIENT_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


class Topology:
    def __init__(self, bridge=False, mtu=1500, offload=True, bad_wire=None):
        """offload=False: checksums are computed and checked in software, as if by cable."""
        self._bad_wire = bad_wire
        self.wire = None
        self.server = Namespace("server")
        self.client = Namespace("client")
        self.switch = Namespace("switch") if bridge or bad_wire else None
        self.mtu = mtu
        self._peer_program = None
        self.connect()
        if bad_wire:
            self.wire = BadWire(self.switch, *bad_wire)
        if not offload or bad_wire:
            for ns, name in ((self.server, SERVER_IF), (self.client, CLIENT_IF)):
                ns.run("ethtool", "-K", name, "tx", "off", "rx", "off")

    def connect(self):
        """Makes the wire; again after its removal, for tests that pull it out."""
        if self.switch:
            self._connect_by_switch()
        else:
            ip("link add", SERVER_IF, "netns", self.server.name, "address", SERVER_MAC,
               "type veth peer name", CLIENT_IF, "netns", self.client.name,
               "address", CLIENT_MAC)
        self._configure(self.server, SERVER_IF, (SERVER4, SERVER4_SECOND), SERVER6)
        self._configure(self.client, CLIENT_IF, (CLIENT4, CLIENT4_SECOND), CLIENT6)
        self._introduce(self.server, SERVER_IF, (CLIENT4, CLIENT4_SECOND, CLIENT6), CLIENT_MAC)
        self._introduce(self.client, CLIENT_IF, (SERVER4, SERVER4_SECOND, SERVER6), SERVER_MAC)

    def _connect_by_switch(self):
        if not self._bad_wire:
            self.switch.ip("link add br0 type bridge")
            self.switch.ip("link set br0 up")
        ends = ((self.client, CLIENT_IF, CLIENT_MAC), (self.server, SERVER_IF, SERVER_MAC))
        for index, (ns, name, mac) in enumerate(ends):
            port = f"b{index}"
            ip("link add", name, "netns", ns.name, "address", mac,
               "type veth peer name", port, "netns", self.switch.name)
            if self._bad_wire:
                self.switch.run("sysctl", "-q", "-w", f"net.ipv6.conf.{port}.disable_ipv6=1")
            self.switch.ip("link set", port, "up" if self._bad_wire else "master br0 up")

    def _configure(self, ns, name, addresses4, address6):
        ns.ip("link set", name, "mtu", str(self.mtu))
        for address in addresses4:
            ns.ip("addr replace", address + "/24 dev", name)
        ns.ip("addr replace", address6 + "/64 dev", name, "nodad")
        ns.run("ethtool", "-K", name, "gro", "on")
        ns.ip("link set", name, "up")

    @staticmethod
    def _introduce(ns, name, addresses, mac):
        """No waiting for address resolution, which a young link may lose for a second."""
        for address in addresses:
            ns.ip("neigh replace", address, "lladdr", mac, "dev", name, "nud permanent")

    def take_frames_of_xdp(self):
        """For tests at XDP: what it sends back arrives at the other end."""
        peer = (self.switch, "b1") if self._bad_wire else (self.client, CLIENT_IF)
        self._peer_program = XdpPass(*peer)

    def flap(self, seconds):
        """The server's interface goes down and comes up again, with its addresses."""
        self.server.ip("link set", SERVER_IF, "down")
        time.sleep(seconds)
        self._configure(self.server, SERVER_IF, (SERVER4, SERVER4_SECOND), SERVER6)
        self._introduce(self.server, SERVER_IF, (CLIENT4, CLIENT4_SECOND, CLIENT6), CLIENT_MAC)

    def disconnect(self):
        self.server.ip("link del", SERVER_IF)

    def close(self):
        with contextlib.ExitStack() as undo:  # all of it, whatever fails
            for ns in (self.client, self.server, self.switch):
                if ns:
                    undo.callback(ns.close)
            if self._peer_program:
                undo.callback(self._peer_program.close)
            if self.wire:
                undo.callback(self.wire.close)

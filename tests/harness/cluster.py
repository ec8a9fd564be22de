# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Machines of a cluster with pods in them, wired as Kubernetes' plain network plugins do it.

    pod: eth0 ==== port [ bridge cni0 ] :machine: eth0 ==== [ fabric ] ==== eth0: machine ...

Each pod is a network namespace of its own with an address of its machine's pod network; machines
route each other's pod networks, and translate addresses of services (DNAT) as kube-proxy does.
Addresses are those set aside for documentation (RFC 5737).
"""

import contextlib

from harness.netns import Namespace, ip

SERVICE = "203.0.113.10"


class Pod:
    def __init__(self, machine, number):
        self.address = f"198.51.100.{machine.number * 32 + number}"
        self.ns = Namespace(f"pod{machine.number}{number}")
        self.port = f"veth{number}"
        ip("link add eth0 netns", self.ns.name, "type veth peer name", self.port,
           "netns", machine.ns.name)
        machine.ns.ip("link set", self.port, "master cni0 up")
        self.ns.ip("addr add", self.address + "/27 dev eth0")
        self.ns.ip("link set eth0 up")
        self.ns.ip("route add default via", machine.gateway)


class Machine:
    def __init__(self, fabric, number):
        self.number = number
        self.address = f"192.0.2.{number}"
        self.gateway = f"198.51.100.{number * 32 + 1}"
        self.pod_network = f"198.51.100.{number * 32}/27"
        self.ns = Namespace(f"machine{number}")
        ip("link add eth0 netns", self.ns.name, "type veth peer name", f"m{number}",
           "netns", fabric.name)
        fabric.ip("link set", f"m{number}", "master br0 up")
        self.ns.ip("addr add", self.address + "/24 dev eth0")
        self.ns.ip("link set eth0 up")
        self.ns.ip("link add cni0 type bridge")
        self.ns.ip("addr add", self.gateway + "/27 dev cni0")
        self.ns.ip("link set cni0 up")
        self.ns.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")

    def translate(self, *rules):
        """Rules of the chain that what comes in from outside, and from pods, goes through first."""
        text = "".join(f"  {rule}\n" for rule in rules)
        self.ns.run("nft", "-f", "-", text=True, input=(
            "table ip nat {\n chain services {\n  type nat hook prerouting priority dstnat;\n"
            f"{text} }}\n}}\n"))


class Cluster:
    """Two machines, with so many pods each: pods[machine][number]."""

    def __init__(self, pods=2):
        with contextlib.ExitStack() as undo:
            self.fabric = undo.enter_context(contextlib.closing(Namespace("fabric")))
            self.fabric.ip("link add br0 type bridge")
            self.fabric.ip("link set br0 up")
            self.machines, self.pods = [], []
            for number in (1, 2):
                machine = Machine(self.fabric, number)
                undo.callback(machine.ns.close)
                self.machines.append(machine)
                self.pods.append([])
                for each in range(2, 2 + pods):
                    pod = Pod(machine, each)
                    undo.callback(pod.ns.close)
                    self.pods[-1].append(pod)
            for one, other in (self.machines, self.machines[::-1]):
                one.ns.ip("route add", other.pod_network, "via", other.address)
                one.ns.ip("route add", SERVICE + "/32 via", other.address)
            self._undo = undo.pop_all()

    def close(self):
        self._undo.close()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where clients reach memcached through bridges, routes and translated addresses (docs/fleet.md).

Two machines of a cluster with pods in them. Whatever the way, a value is the one that this very
memcached holds; and it is answered in the kernel where BMC sees the addresses that memcached sees.
"""

import contextlib
import time

import pytest

from harness.bmc import Bmc
from harness.cluster import SERVICE, Cluster
from harness.memcached import PORT, Memcached
from harness.tcp import TcpClient
from harness.udp import UdpClient

pytestmark = pytest.mark.needs_bmc

TCP_ON = ["--tcp", "on"]
IN_A_PID_NAMESPACE = ("unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc",
                      "memcached")


@pytest.fixture
def undo():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def cluster(undo):
    return undo.enter_context(contextlib.closing(Cluster()))


@pytest.fixture
def serve(bmc_binary, undo):
    """A memcached with BMC in front, in that namespace."""
    def make(ns, interface="eth0", memcached=(), program=("memcached",)):
        undo.enter_context(contextlib.closing(
            Memcached(ns, *memcached, program=program))).start()
        bmc = undo.enter_context(contextlib.closing(
            Bmc(bmc_binary, ns, PORT, [interface], options=TCP_ON)))
        return bmc.start()
    return make


def translated(address, to, port=PORT):
    """nft rules, for both protocols."""
    return [f"ip daddr {address} {protocol} dport {port} dnat to {to}:{PORT}"
            for protocol in ("tcp", "udp")]


def served(bmc):
    """Requests answered in the kernel: (over TCP, over UDP)."""
    stats = bmc.stats()
    return stats["tcp"]["counts"]["served"], stats["counts"]["hits"]


def use(bmc, ns, address, key, port=PORT):
    """Writes and reads a key, over TCP and then over UDP; returns what of it was served."""
    before = served(bmc)
    with contextlib.closing(TcpClient(ns, address, port)) as client:
        for turn in range(4):
            client.set(key, b"%d" % turn)
            for _ in range(40):
                assert client.get(key) == b"%d" % turn
                time.sleep(0.001)  # memcached has to be seen asleep before it is served for
    expect(ns, address, key, b"3", port)
    return [after - then for then, after in zip(before, served(bmc))]


def expect(ns, address, key, value, port=PORT):
    with contextlib.closing(UdpClient(ns, address, port)) as client:
        for _ in range(50):
            assert client.request(b"get %s\r\n" % key) == (
                b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (key, len(value), value))


@pytest.mark.parametrize("program", [("memcached",), IN_A_PID_NAMESPACE],
                         ids=["", "pid-namespace"])
def test_inside_a_pod_every_way_is_served(cluster, serve, key, program):
    """At the pod's own interface the addresses are translated already."""
    near, far = cluster.machines[1], cluster.machines[0]
    pod, sibling = cluster.pods[1]
    bmc = serve(pod.ns, program=program)
    near.translate(*translated(SERVICE, pod.address))
    far.translate(*translated(SERVICE, pod.address))
    ways = {"sibling by the bridge": (sibling.ns, pod.address),
            "pod of the other machine": (cluster.pods[0][0].ns, pod.address),
            "the same by the service, translated there": (cluster.pods[0][0].ns, SERVICE),
            "the other machine by the service, translated here": (far.ns, SERVICE),
            "its own machine": (near.ns, pod.address)}
    for name, (ns, address) in ways.items():
        over_tcp, over_udp = use(bmc, ns, address, key)
        assert over_tcp > 80 and over_udp > 40, name


def test_a_service_over_two_nodes(cluster, serve, key):
    """Each connection is one memcached's, and gets that one's value."""
    pods = [cluster.pods[0][0], cluster.pods[1][0]]
    nodes = [serve(pod.ns) for pod in pods]
    client = cluster.pods[0][1].ns
    for pod in pods:
        with contextlib.closing(TcpClient(client, pod.address, PORT)) as own:
            own.set(key, pod.address.encode())
    targets = ", ".join(f"{turn} : {pod.address}" for turn, pod in enumerate(pods))
    cluster.machines[0].translate(
        f"ip daddr {SERVICE} tcp dport {PORT} dnat to numgen inc mod 2 map {{ {targets} }}")
    seen = set()
    for _ in range(4):
        with contextlib.closing(TcpClient(client, SERVICE, PORT)) as connection:
            values = set()
            for _ in range(60):
                values.add(connection.get(key))
                time.sleep(0.001)
            assert len(values) == 1
            seen |= values
    assert seen == {pod.address.encode() for pod in pods}
    assert all(served(node)[0] > 60 for node in nodes)


@pytest.mark.parametrize("address,port", [(SERVICE, PORT), (None, 8000)],
                         ids=["other-address", "other-port"])
def test_what_is_translated_behind_bmc_is_passed(cluster, serve, key, address, port):
    """memcached on the machine itself: at its interface a service has an address of its own."""
    machine, client = cluster.machines[1], cluster.machines[0].ns
    bmc = serve(machine.ns)
    address = address or machine.address
    machine.translate(*translated(address, machine.address, port))
    over_tcp, over_udp = use(bmc, client, machine.address, key)
    assert over_tcp > 80 and over_udp > 40
    assert use(bmc, client, address, key, port) == [0, 0]


def test_an_address_that_is_translated_away_is_another_memcacheds(cluster, serve, undo, key):
    """The machine has the address, and its port is a pod's. memcached has to say that it is not its."""
    machine, client = cluster.machines[1], cluster.machines[0].ns
    pod, external = cluster.pods[1][0], "192.0.2.77"
    undo.enter_context(contextlib.closing(Memcached(pod.ns))).start()
    machine.ns.ip("addr add", external + "/24 dev eth0")
    machine.translate(*translated(external, pod.address))
    bmc = serve(machine.ns, memcached=("-l", f"{machine.address},127.0.0.1"))
    over_tcp, over_udp = use(bmc, client, machine.address, key)
    assert over_tcp > 80 and over_udp > 40
    with contextlib.closing(TcpClient(client, external, PORT)) as other:
        other.set(key, b"the pod's")
        before = served(bmc)
        for _ in range(40):
            assert other.get(key) == b"the pod's"
        expect(client, external, key, b"the pod's")
    assert served(bmc) == before
    expect(client, machine.address, key, b"3")


def test_at_the_machines_end_of_a_pods_wire_it_waits(cluster, bmc_binary, undo):
    """memcached has to be in the namespace of `bmc run`."""
    pod = cluster.pods[1][0]
    undo.enter_context(contextlib.closing(Memcached(pod.ns))).start()
    bmc = undo.enter_context(contextlib.closing(
        Bmc(bmc_binary, cluster.machines[1].ns, PORT, [pod.port], options=TCP_ON)))
    bmc.start(wait=False)
    status = bmc.wait_for(lambda status: True, "attached")
    time.sleep(0.5)
    status = bmc.status()
    assert not status["serving"] and status["daemon_alive"], status
    assert "waiting for memcached on port" in bmc.log()
    with contextlib.closing(TcpClient(cluster.machines[0].ns, pod.address, PORT)) as client:
        client.set(b"k", b"v")
        assert [client.get(b"k") for _ in range(20)] == [b"v"] * 20
    assert served(bmc) == (0, 0)

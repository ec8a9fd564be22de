# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Clients that people use, answered over TCP below the socket layer, and none the wiser."""

import contextlib
import shutil
import socket
import struct
import threading
import time

import pylibmc
import pytest
from pymemcache.client.base import Client as PymemcacheClient

from harness import text, topology
from harness.netns import Namespace
from harness.rig import Rig
from harness.sequences import wait_until
from harness.tcp import TcpClient

pytestmark = pytest.mark.needs_bmc

ADDRESS = topology.SERVER4


@pytest.fixture(scope="module", params=[1, 0], ids=["timestamps", "no-timestamps"])
def rig(bmc_binary, request):
    with contextlib.closing(Rig(bmc_binary, hook="tc", options=["--tcp", "on"])) as made:
        for ns in (made.topology.client, made.topology.server):
            ns.run("sysctl", "-q", "-w", f"net.ipv4.tcp_timestamps={request.param}")
        yield made


@contextlib.contextmanager
def serving(rig, at_least):
    """So many requests are answered in the kernel meanwhile."""
    before = rig.bmc.stats()["tcp"]["counts"]["served"]
    yield
    counts = rig.bmc.stats()["tcp"]
    assert counts["counts"]["served"] - before >= at_least, counts


@pytest.fixture(params=[True, False], ids=["no-delay", "delay"])
def pymemcache(rig, request):
    client = PymemcacheClient((ADDRESS, rig.memcached.port), timeout=5, no_delay=request.param)
    with rig.topology.client.entered():
        client.version()  # connects
    yield client
    client.close()


def test_pymemcache(rig, pymemcache, key):
    """Its sets ask for no answer; each get after one is memcached's, the next ones are not."""
    name = key.decode()
    with serving(rig, 10):
        for number in range(20):
            pymemcache.set(name, f"new-{number}")
            for _ in range(20):
                assert pymemcache.get(name) == b"new-%d" % number
                time.sleep(0.001)
    assert pymemcache.get_many([name, name + "-absent"]) == {name: b"new-19"}
    assert pymemcache.delete(name, noreply=False)
    assert pymemcache.get(name) is None


def test_several_gets_in_one_segment(rig, key):
    """Answered together if all of them are hits; passed together if one is not."""
    names = [b"%s-%d" % (key, index) for index in range(8)]
    client = rig.new_tcp()
    for name in names:
        client.set(name, b"value of " + name)
    gets = [text.get(*names[0:1]), text.get(*names[1:4]), text.get(*names[4:8])]
    answer = b"".join(b"".join(text.value_reply(name, b"value of " + name)[:-len(b"END\r\n")]
                               for name in group) + b"END\r\n"
                      for group in (names[0:1], names[1:4], names[4:8]))

    def ask(request, reply):
        for _ in range(50):
            client.send(request)
            assert client.exactly(len(reply)) == reply
            time.sleep(0.002)

    for name in names:
        ask(text.get(name), text.value_reply(name, b"value of " + name))
    with serving(rig, 3 * 40):
        ask(b"".join(gets), answer)
    with serving(rig, 20 * 40):
        ask(20 * text.get(names[0]), 20 * text.value_reply(names[0], b"value of " + names[0]))
    before = rig.bmc.stats()["tcp"]["counts"]["served"]
    ask(b"".join(gets) + text.get(key), answer + b"END\r\n")
    ask(b"".join(gets) + b"mn\r\n", answer + b"MN\r\n")
    assert rig.bmc.stats()["tcp"]["counts"]["served"] == before
    with serving(rig, 3 * 40):  # memcached's answer to the first ones opens the way for the next
        ask(b"".join(gets), answer)
    client.close()


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_libmemcached(rig, key, binary):
    """Binary requests pass, and are answered all the same."""
    name = key.decode()
    with rig.topology.client.entered():
        client = pylibmc.Client([f"{ADDRESS}:{rig.memcached.port}"], binary=binary)
        assert client.set(name, "value")
    names = [f"{name}{index}" for index in range(5)]
    assert client.set_multi({each: each for each in names}) == []
    with serving(rig, 0 if binary else 50):
        for _ in range(200):
            assert client.get(name) == "value"
            time.sleep(0.001)
        for _ in range(20):
            assert client.get_multi(names) == {each: each for each in names}
    client.disconnect_all()


def test_memcached_tool(rig):
    tool = shutil.which("memcached-tool") or "/usr/share/memcached/scripts/memcached-tool"
    done = rig.topology.client.run(tool, f"{ADDRESS}:{rig.memcached.port}", "stats", text=True)
    assert "curr_connections" in done.stdout


def make_hot(rig, client, key):
    client.command(b"set %s 0 0 5\r\nhello\r\n" % key)
    before = rig.bmc.stats()["tcp"]["counts"]["served"]
    for _ in range(1000):
        client.send(b"get %s\r\n" % key)
        assert client.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
        if rig.bmc.stats()["tcp"]["counts"]["served"] > before:
            return
    raise AssertionError(rig.bmc.stats()["tcp"])


def test_half_a_connection_is_closed_behind_the_last_request(rig, key):
    client = rig.new_tcp()
    make_hot(rig, client, key)
    client.send(b"get %s\r\n" % key)
    client.sock.shutdown(socket.SHUT_WR)
    assert client.until(b"END\r\n")
    assert client.sock.recv(1) == b""


def test_memcached_closes_a_connection_with_served_requests(rig, key):
    client = rig.new_tcp()
    make_hot(rig, client, key)
    client.send(b"get %s\r\nquit\r\n" % key)
    assert client.until(b"END\r\n")
    assert client.sock.recv(1) == b""


def test_a_connection_that_is_reset_is_forgotten(rig, key):
    client = rig.new_tcp()
    make_hot(rig, client, key)
    port = client.local_port
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    again = None
    for _ in range(100):  # on the same port, while the old flow is translated still
        with rig.topology.client.entered():
            again = socket.socket()
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((topology.CLIENT4, port))
        again.settimeout(5)
        try:
            again.connect((ADDRESS, rig.memcached.port))
            break
        except OSError:
            again.close()
            time.sleep(0.05)
    again.sendall(b"get %s\r\n" % key)
    assert again.recv(100) == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
    again.close()


def test_many_short_connections(rig, key):
    """Connections that end after some requests leave nothing that is not removed."""
    client = rig.new_tcp()
    make_hot(rig, client, key)
    for _ in range(2000):
        short = TcpClient(rig.topology.client, ADDRESS, rig.memcached.port)
        short.send(b"get %s\r\n" % key)
        assert short.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
        short.close()
    assert rig.bmc.stats()["tcp"]["flows"]["open"] < 100


def test_a_reply_of_a_few_bytes(rig, key):
    """Shorter than the option that may not be there."""
    client = rig.new_tcp()
    make_hot(rig, client, key)
    before = rig.bmc.stats()["tcp"]["counts"]["resent"]
    with serving(rig, 20):
        for _ in range(30):
            assert client.command(b"mg %s\r\n" % key) == b"HD\r\n"
    # All 30 of them, if they were lost at first; a busy machine repeats one or two.
    assert rig.bmc.stats()["tcp"]["counts"]["resent"] - before < 10


def test_a_large_write_behind_a_served_request(make_rig, key):
    """The reply's acknowledgement comes in segments of 64 KiB and in no other."""
    rig = make_rig(hook="tc", options=["--tcp", "on", "-i", "lo"])
    client = TcpClient(rig.topology.server, "127.0.0.1", rig.memcached.port)
    make_hot(rig, client, key)
    for _ in range(5):
        client.send(b"get %s\r\n" % key)
        client.send(b"set big 0 0 900000\r\n" + b"x" * 900000 + b"\r\n")
        assert client.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
        assert client.line() == b"STORED\r\n"
        client.send(b"get %s\r\n" % key)
        assert client.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
    client.close()


def test_replies_that_do_not_fit_leave_nothing(rig, key):
    names = [b"%s%d" % (key, index) for index in range(4)]
    client = rig.new_tcp()
    for name in names:
        client.command(b"set %s 0 0 600\r\n%s\r\n" % (name, b"x" * 600))
        make_hot(rig, client, name + b"h")
        for _ in range(20):
            client.send(b"get %s\r\n" % name)
            client.until(b"END\r\n")
    before = rig.bmc.kept_replies()
    for _ in range(30):
        other = rig.new_tcp()
        for _ in range(3):
            other.send(b"get %s\r\n" % b" ".join(names))
            assert len(other.until(b"END\r\n")) > 2400
            time.sleep(0.01)
        other.close()
    wait_until(lambda: rig.bmc.kept_replies() <= before + 1, "the others' replies are gone")
    client.close()


def test_a_socket_elsewhere_with_the_same_ports_closes_nothing(rig, key):
    """Another network namespace may have the same addresses, and the same port in use."""
    client = rig.new_tcp()
    make_hot(rig, client, key)
    port = rig.memcached.port
    with contextlib.closing(Namespace("twin")) as twin:
        twin.ip("link set lo up")
        for address in (ADDRESS, topology.CLIENT4):
            twin.ip("addr add", address + "/32 dev lo")
        with twin.entered():
            listener = socket.create_server((ADDRESS, port))
            connecting = socket.socket()
            connecting.bind((topology.CLIENT4, client.local_port))
        connecting.connect((ADDRESS, port))
        accepted, _ = listener.accept()
        for each in (connecting, accepted, listener):
            each.close()
    flows = rig.bmc._json("dump", True, "--flows")
    mine = [each for each in flows if each["client"].endswith(f":{client.local_port}")]
    assert [each["state"] for each in mine] != ["closed"] and mine
    with serving(rig, 5):
        for _ in range(10):
            client.send(b"get %s\r\n" % key)
            assert client.until(b"END\r\n")
    client.close()


def test_interfaces_of_one_stack_are_refused(make_rig):
    rig = make_rig(hook="tc", start=False)
    rig.memcached.start()
    rig.topology.server.ip("link add br7 type bridge")
    rig.topology.server.ip("link set s0 master br7")
    done = rig.bmc.call("run", "-p", rig.memcached.port, "-i", "s0,br7", "--hook", "tc",
                        "--tcp", "on", "--name", rig.bmc.name, check=False)
    assert done.returncode == 2 and "stand one on the other" in done.stderr + done.stdout


def test_gets_over_loopback(make_rig, key):
    rig = make_rig(hook="tc", options=["--tcp", "on", "-i", "lo"])
    client = TcpClient(rig.topology.server, "127.0.0.1", rig.memcached.port)
    make_hot(rig, client, key)
    with serving(rig, 50):
        for _ in range(100):
            client.send(b"get %s\r\n" % key)
            assert client.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
    client.close()


def test_connections_are_translated_on_behind_a_detached_bmc(make_rig, key):
    rig = make_rig(hook="tc", options=["--tcp", "on"])
    client = rig.new_tcp()
    make_hot(rig, client, key)
    said = rig.bmc.detach().stdout
    rig.bmc.process.wait(10)
    rig.bmc.process = None
    assert "1 TCP connections" in said and rig.bmc.is_pinned()
    client.command(b"set %s 0 0 5\r\nhello\r\n" % key)
    served = rig.bmc.stats()["tcp"]["counts"]["served"]
    for _ in range(5):
        client.send(b"get %s\r\n" % key)
        assert client.until(b"END\r\n") == b"VALUE %s 0 5\r\nhello\r\nEND\r\n" % key
    assert rig.bmc.stats()["tcp"]["counts"]["served"] == served
    rig.bmc.start()
    make_hot(rig, client, key)  # on the same connection
    client.close()
    deadline = time.monotonic() + 5
    while rig.bmc.stats()["tcp"]["flows"]["translated"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    rig.bmc.detach()
    rig.bmc.process.wait(10)
    rig.bmc.process = None
    assert not rig.bmc.is_pinned()


def restarted(rig, **changes):
    """The daemon is killed, and its successor told something else."""
    rig.bmc.kill()
    for name, value in changes.items():
        setattr(rig.bmc, name, value)
    rig.bmc.start()


def test_another_hook_leaves_the_translation_in_place(make_rig, key):
    rig = make_rig(hook="tc")
    client = rig.new_tcp()
    make_hot(rig, client, key)
    restarted(rig, hook="xdp")
    assert rig.bmc.status()["interfaces"][0]["hook"] == "xdp"
    make_hot(rig, client, key)  # on the same connection
    assert client.command(b"mn\r\n") == b"MN\r\n"
    client.close()


def test_connections_of_an_interface_that_is_left_are_reset(make_rig, key):
    rig = make_rig(hook="tc")
    client, other = rig.new_tcp(), rig.new_tcp()
    make_hot(rig, client, key)
    other.command(b"mn\r\n")
    restarted(rig, interfaces=["lo"])
    assert "1 TCP connections" in rig.bmc.log()
    with pytest.raises(ConnectionError):
        client.send(b"mn\r\n")
        client.until(b"\r\n")
        client.send(b"mn\r\n")
        client.until(b"\r\n")
    assert other.command(b"mn\r\n") == b"MN\r\n"


def test_detach_by_force_resets_what_is_translated_and_nothing_else(make_rig, key):
    rig = make_rig(hook="tc", options=["--tcp", "on"])
    client, other = rig.new_tcp(), rig.new_tcp()
    make_hot(rig, client, key)
    other.command(b"mn\r\n")
    rig.bmc.detach(force=True)
    rig.bmc.process.wait(10)
    rig.bmc.process = None
    assert not rig.bmc.is_pinned()
    with pytest.raises(ConnectionError):
        client.send(b"mn\r\n")
        client.until(b"\r\n")
        client.send(b"mn\r\n")
        client.until(b"\r\n")
    assert other.command(b"mn\r\n") == b"MN\r\n"
    assert rig.new_tcp().command(b"mn\r\n") == b"MN\r\n"  # the listener lives


def repeated_syn_acks(ns):
    """How often this host's TCP has sent a SYN or a SYN-ACK again."""
    text = ns.run("cat", "/proc/net/netstat", text=True).stdout
    names, numbers = [line.split() for line in text.splitlines() if line.startswith("TcpExt:")]
    return int(numbers[names.index("TCPSynRetrans")])


def test_a_client_that_was_reset_is_back_at_once(make_rig, key):
    """The SYN-ACK of its new connection is not lost while BMC leaves the interface."""
    rig = make_rig(hook="tc", options=["--tcp", "on"])
    answers = []

    def ask_until_reset_and_once_more(client):
        with contextlib.suppress(ConnectionError):
            while True:
                client.command(b"mn\r\n")
        answers.append(rig.new_tcp().command(b"mn\r\n"))

    before = repeated_syn_acks(rig.topology.server)
    for _ in range(6):  # it is not lost every time
        client = rig.new_tcp()
        make_hot(rig, client, key)
        asking = threading.Thread(target=ask_until_reset_and_once_more, args=[client])
        asking.start()
        rig.bmc.detach(force=True)
        rig.bmc.process.wait(10)
        asking.join(20)
        rig.bmc.start()
    assert answers == [b"MN\r\n"] * 6
    assert repeated_syn_acks(rig.topology.server) == before


def reset_now(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_port_that_is_used_again_and_asks_for_nothing_leaves_no_flow(make_rig, key):
    """Of a flow without a connection nobody would tell when it may be deleted."""
    rig = make_rig(hook="tc")
    client = rig.new_tcp()
    port = client.local_port
    make_hot(rig, client, key)
    reset_now(client.sock)
    with rig.topology.client.entered():
        again = socket.socket()
    again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    again.bind(("0.0.0.0", port))
    again.connect((ADDRESS, rig.memcached.port))
    reset_now(again)
    flows = rig.bmc._json("dump", True, "--flows")
    assert not [flow for flow in flows if flow["client"].endswith(f":{port}")], flows


def test_flows_are_listed(rig, key):
    client = rig.new_tcp()
    make_hot(rig, client, key)
    flows = rig.bmc._json("dump", True, "--flows")
    mine = [each for each in flows if each["client"].endswith(f":{client.local_port}")]
    assert len(mine) == 1 and mine[0]["served"] >= 1 and mine[0]["in_bytes"] > 0
    assert f":{client.local_port}" in rig.bmc.call("dump", "--flows", "--name", rig.bmc.name).stdout
    assert "TCP" in rig.bmc.call("stats", "--name", rig.bmc.name).stdout
    client.close()

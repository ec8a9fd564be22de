# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Clients that people use, while BMC stands in front of the server."""

import shutil

import pylibmc
import pytest
from pymemcache.client.base import Client as PymemcacheClient

from harness import topology

ADDRESS = topology.SERVER4


@pytest.fixture
def pymemcache(rig):
    client = PymemcacheClient((ADDRESS, rig.memcached.port), timeout=5)
    with rig.topology.client.entered():
        client.version()  # connects
    yield client
    client.close()


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def libmemcached(rig, request):
    with rig.topology.client.entered():
        client = pylibmc.Client([f"{ADDRESS}:{rig.memcached.port}"], binary=request.param,
                                behaviors={"tcp_nodelay": True, "cas": True})
        client.set("connects", "now")
    yield client
    client.disconnect_all()


def test_pymemcache_writes_are_seen_over_udp(rig, pymemcache, key):
    name = key.decode()
    for number in range(50):
        rig.set_hot(key, b"first")
        pymemcache.set(name, f"new-{number}", noreply=False)
        assert rig.udp().get(key) == b"new-%d" % number
        pymemcache.append(name, "+", noreply=False)
        assert rig.udp().get(key) == b"new-%d+" % number
        pymemcache.set(name, "7", noreply=False)
        rig.make_hot(key)
        assert pymemcache.incr(name, 1) == 8
        assert rig.udp().get(key) == b"8"
        pymemcache.delete(name, noreply=False)
        assert rig.udp().get(key) is None


def test_pymemcaches_noreply_sets_are_seen_once_it_speaks_again(rig, pymemcache, key):
    """noreply is its default: the next answered command tells that the sets are over."""
    name = key.decode()
    for number in range(50):
        rig.set_hot(key, b"first")
        pymemcache.set(name, f"new-{number}")
        assert pymemcache.get(name) == b"new-%d" % number
        assert rig.udp().get(key) == b"new-%d" % number


def test_pymemcaches_set_many_and_cas(rig, pymemcache, key):
    names = [f"{key.decode()}{index}" for index in range(30)]
    for name in names:
        rig.set_hot(name.encode(), b"first")
    pymemcache.set_many({name: f"<{name}>" for name in names}, noreply=False)
    for name in names:
        assert rig.udp().get(name.encode()) == f"<{name}>".encode()
    value, cas = pymemcache.gets(names[0])
    assert pymemcache.cas(names[0], "by cas", cas, noreply=False) is True
    assert rig.udp().get(names[0].encode()) == b"by cas"
    assert pymemcache.cas(names[0], "too late", cas, noreply=False) is False
    assert rig.udp().get(names[0].encode()) == b"by cas"


def test_libmemcacheds_writes_are_seen_over_udp(rig, libmemcached, key):
    name = key.decode()
    for number in range(50):
        rig.set_hot(key, b"first")
        assert libmemcached.set(name, f"new-{number}")
        assert rig.udp().get(key) == b"new-%d" % number
        assert libmemcached.replace(name, "replaced")
        assert rig.udp().get(key) == b"replaced"
        assert libmemcached.append(name, "!")
        assert rig.udp().get(key) == b"replaced!"
        assert libmemcached.delete(name)
        assert rig.udp().get(key) is None
        assert libmemcached.add(name, "added")
        assert rig.udp().get(key) == b"added"


def test_libmemcacheds_multi_set_and_cas(rig, libmemcached, key):
    names = [f"{key.decode()}{index}" for index in range(30)]
    for name in names:
        rig.set_hot(name.encode(), b"first")
    assert libmemcached.set_multi({name: f"<{name}>" for name in names}) == []
    for name in names:
        assert rig.udp().get(name.encode()) == f"<{name}>".encode()
    _, cas = libmemcached.gets(names[0])
    assert libmemcached.cas(names[0], "by cas", cas)
    assert rig.udp().get(names[0].encode()) == b"by cas"


def run_tool(rig, tool, *words, **options):
    assert shutil.which(tool), f"{tool} of libmemcached-tools is not installed"
    return rig.topology.client.run(
        tool, f"--servers={ADDRESS}:{rig.memcached.port}", *words, **options)


def test_libmemcacheds_tools_work(rig, key):
    rig.set_hot(key, b"value")
    assert run_tool(rig, "memcping").returncode == 0
    assert run_tool(rig, "memccat", key.decode()).stdout.rstrip(b"\n") == b"value"
    assert b"curr_items" in run_tool(rig, "memcstat").stdout
    assert run_tool(rig, "memctouch", "--expire=100", key.decode()).returncode == 0
    assert rig.udp().get(key) == b"value"
    run_tool(rig, "memcrm", key.decode())
    assert rig.udp().get(key) is None


def test_memcflush_empties_what_was_cached(rig, key):
    rig.set_hot(key, b"value")
    assert run_tool(rig, "memcflush").returncode == 0
    assert rig.udp().get(key) is None


def test_memccp_copies_over_a_cached_key(rig, key, tmp_path):
    rig.set_hot(key, b"old")
    source = tmp_path / key.decode()
    source.write_bytes(b"from a file")
    run_tool(rig, "memccp", str(source))
    assert rig.udp().get(key) == b"from a file"


def test_memcaslap_finds_every_value_right_over_udp(rig):
    """Its own verification: --verify=1.0 compares each value with what it wrote."""
    done = run_tool(rig, "memcaslap", "--udp", "--threads=1", "--concurrency=4",
                    "--execute_number=4000", "--verify=1.0", timeout=120, text=True)
    assert "verify_failed: 0" in done.stdout, done.stdout


def test_memcslap_completes(rig):
    done = run_tool(rig, "memcslap", "--concurrency=4", "--execute-number=200", "--test=set",
                    timeout=120)
    assert done.returncode == 0

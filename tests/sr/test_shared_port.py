# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Two memcacheds at one TCP port: the kernel's choice which of them a client, or a fill, gets."""

import contextlib
import time

import pytest

from harness import text
from harness.memcached import Memcached

pytestmark = pytest.mark.needs_bmc


@pytest.fixture
def program(sr):
    return (*sr, "--tcp-reuseport")


def second(rig):
    return contextlib.closing(Memcached(rig.topology.server, udp_port=11219,
                                        program=rig.memcached.program))


def is_told(status):
    return not status["serving"] and any("other processes as well, over TCP" in warning
                                         for warning in status["warnings"])


def is_well(status):
    return status["serving"] and not status["warnings"]


def test_alone_it_is_served(make_rig, program, key):
    rig = make_rig(program=program)
    rig.set_hot(key, b"value")
    rig.bmc.wait_for(is_well, "serving without a word")


def test_a_second_one_ends_serving_and_its_end_brings_it_back(make_rig, program, key):
    rig = make_rig(program=program)
    rig.set_hot(key, b"value")
    with second(rig) as other:
        other.start()
        rig.bmc.wait_for(is_told, "told that somebody else listens")
        assert rig.ask(text.get(key)) == (text.value_reply(key, b"value"), False)
    rig.bmc.wait_for(is_well, "serving again")
    rig.make_hot(key)


def test_two_that_are_there_before_are_waited_for(make_rig, program, key):
    rig = make_rig(program=program, start=False)
    rig.memcached.start()
    with second(rig) as other:
        other.start()
        rig.bmc.start(wait=False)
        rig.bmc.wait_for(is_told, "told that somebody else listens")
    rig.bmc.wait_until_serving()
    rig.set_hot(key, b"value")


def store_in_second(rig, probe, keys, value):
    """The kernel chooses who gets a connection: the one without the probe is the second."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with contextlib.closing(rig.new_tcp()) as client:
            if client.get(probe) is None:
                for key in keys:
                    client.set(key, value)
                return
    raise AssertionError("no connection to the second one")


def test_a_fill_asks_the_one_that_is_followed(make_rig, program, key):
    """Also before it is noticed that there is a second one, which has other values."""
    rig = make_rig(program=program)
    rig.set_hot(key, b"value")
    for number in range(4):
        keys = [b"%s.%d.%d" % (key, number, n) for n in range(20)]
        for each in keys:
            rig.tcp.set(each, b"value")
        with second(rig) as other:
            other.start()
            store_in_second(rig, key, keys, b"other")
            # What is asked for now is filled by new connections.
            rig.topology.server.run("ss", "-K", "dst", "127.0.0.1", "dport", "=", "11211")
            until = time.monotonic() + 1
            while time.monotonic() < until:
                for each in keys:
                    assert rig.udp().get(each) == b"value"
            rig.bmc.wait_for(is_told, "told that somebody else listens")
        rig.bmc.wait_for(is_well, "serving again")

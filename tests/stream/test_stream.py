# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every byte of every TCP stream is the right one, in both directions. scripts/stream.sh takes longer.

BMC_STREAM_SECONDS (default 1.5) is the length of each run, BMC_SEED its seed (default: a new one),
BMC_STREAM_BMC_OPTIONS (default --tcp on) what `bmc run` is told besides.
"""

import contextlib
import json
import os
import random
import threading
import time

import pytest

from harness import streams
from harness.middleman import Middleman
from harness.sequences import wait_until
from harness.streams import CLOSED_LOOP, PIPELINED, Streams

SECONDS = float(os.environ.get("BMC_STREAM_SECONDS", "1.5"))
SEED = int(os.environ.get("BMC_SEED", "0")) or random.randrange(1, 2**31)
TIMEOUT = SECONDS + 2 * streams.PATIENCE
FOR_A_WHILE = ("--requests", 10**9, "--seconds", SECONDS)


@pytest.fixture
def clients(build_dir, tmp_path):
    return Streams(build_dir, tmp_path)


@pytest.fixture
def recorded_rig(make_rig, clients):
    def make(percent_bad=0, **kernel):
        rig = make_rig(**clients.rig_options(percent_bad, SEED))
        streams.set_kernel(rig, **kernel)
        if percent_bad:
            rig.topology.wire.set(**streams.weather(percent_bad))
        return rig
    return make


def told(report):
    """All of it: pytest shortens what is no text."""
    return json.dumps(report, indent=2)


def assert_all_right(clients, rig):
    """What the clients saw, then what memcached did."""
    reports = clients.finish(TIMEOUT)
    for report in reports:
        assert report["exit_code"] == 0, told(report)
        assert report["requests"] > (20 if rig.topology.wire else 100), told(report)
    judgement = clients.judge()
    assert judgement["exit_code"] == 0, told(judgement)
    assert judgement["requests"] == sum(report["requests"] for report in reports)
    return judgement


def run(clients, rig, *loads, family=4):
    for number, load in enumerate(loads):
        clients.start(rig, *FOR_A_WHILE, "--seed", SEED + number, *load, family=family)
    return assert_all_right(clients, rig)


@pytest.mark.parametrize("percent_bad", [0, 2], ids=["good-wire", "bad-wire"])
@pytest.mark.parametrize("sack", [1, 0], ids=["sack", "no-sack"])
@pytest.mark.parametrize("timestamps", [1, 0], ids=["timestamps", "no-timestamps"])
@pytest.mark.parametrize("family", [4, 6], ids=["ipv4", "ipv6"])
def test_every_byte_is_right(clients, recorded_rig, family, timestamps, sack, percent_bad):
    rig = recorded_rig(percent_bad, tcp_timestamps=timestamps, tcp_sack=sack)
    judgement = run(clients, rig, CLOSED_LOOP, PIPELINED, family=family)
    if streams.ARE_SERVED and not rig.is_stock and not percent_bad:
        assert judgement["absent"] > 0, told(judgement)


SPECIAL = {
    "mss-536": ("--mss", 536),
    "small-receive-buffer": ("--receive-buffer", 4096),
    "half-close": ("--half-close", "--reconnect-every", 100),
    "reconnect": ("--reconnect-every", 20),
}


@pytest.mark.parametrize("percent_bad", [0, 2], ids=["good-wire", "bad-wire"])
@pytest.mark.parametrize("options", SPECIAL.values(), ids=SPECIAL)
def test_every_byte_is_right_with(clients, recorded_rig, options, percent_bad):
    run(clients, recorded_rig(percent_bad), CLOSED_LOOP + options, PIPELINED + options)


@pytest.mark.parametrize("percent_bad", [0, 2], ids=["good-wire", "bad-wire"])
def test_every_byte_is_right_when_ports_are_used_again(clients, recorded_rig, percent_bad):
    """What is known of a connection must not be taken for the next one between the same ports."""
    rig = recorded_rig(percent_bad, ip_local_port_range="40000 40299", tcp_tw_reuse=1)
    again = ("--reconnect-every", 10)
    run(clients, rig, CLOSED_LOOP + again, PIPELINED + again)


@pytest.mark.parametrize("percent_bad", [0, 2], ids=["good-wire", "bad-wire"])
def test_every_byte_is_right_while_memcached_pauses(clients, recorded_rig, percent_bad):
    """Long enough for retransmissions of requests that it has not answered yet."""
    rig = recorded_rig(percent_bad)
    for number, load in enumerate((CLOSED_LOOP, PIPELINED)):
        clients.start(rig, *FOR_A_WHILE, "--seed", SEED + number, *load)
    for _ in range(max(3, int(SECONDS))):
        time.sleep(0.2)
        rig.memcached.freeze()
        time.sleep(0.3)
        rig.memcached.thaw()
    assert_all_right(clients, rig)


def the_only(reports):
    assert len(reports) == 1
    return reports[0]


def run_by_a_middleman(clients, rig, **habits):
    """The judge's word, and how many requests the middleman has answered."""
    with contextlib.closing(Middleman(rig.topology.server, rig.memcached.port, **habits)) as man:
        clients.start(rig, *FOR_A_WHILE, "--seed", SEED, "-p", man.port, "--connections", 4,
                      "--hang-seconds", 10)
        report = the_only(clients.finish(TIMEOUT))
        assert report["exit_code"] == 0, told(report)
        return clients.judge(), man.served


def test_gets_that_are_answered_elsewhere_are_counted(clients, recorded_rig):
    judgement, served = run_by_a_middleman(clients, recorded_rig())
    assert judgement["exit_code"] == 0, told(judgement)
    assert judgement["absent"] == served > 5


# ---- these tests can fail ----------------------------------------------------


@contextlib.contextmanager
def repeatedly(action):
    """In the background, until the end of the block."""
    over = threading.Event()

    def act():
        while not over.wait(0.01):
            action()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_wrong_reply_is_reported(clients, recorded_rig):
    """Somebody else removes a client's keys."""
    rig = recorded_rig()
    with contextlib.closing(rig.new_tcp()) as other:
        def remove():
            for number in range(20):
                other.delete(b"%x.0.%d" % (SEED, number))

        with repeatedly(remove):
            clients.start(rig, "--requests", 10**9, "--seconds", 20, "--seed", SEED,
                          "--connections", 1)
            report = the_only(clients.finish(TIMEOUT))
    assert report["exit_code"] == 1
    assert report["wrong"] == 1
    assert report["wrong_replies"][0]["expected"] != report["wrong_replies"][0]["got"]


def wait_until_connected(rig, clients):
    def connections():
        return len(rig.topology.client.run(
            "ss", "-Htn", "state", "established", f"dport = :{rig.memcached.port}", text=True)
            .stdout.splitlines())

    wait_until(lambda: connections() >= clients, f"{clients} clients are connected")


def test_a_hang_is_reported(clients, recorded_rig):
    rig = recorded_rig()
    clients.start(rig, *FOR_A_WHILE, "--seed", SEED, "--connections", 4, "--hang-seconds", 0.5)
    wait_until_connected(rig, 4)
    rig.memcached.freeze()
    report = the_only(clients.finish(TIMEOUT))
    rig.memcached.thaw()
    assert report["exit_code"] == 1
    assert report["hangs"] == 4, told(report)
    assert clients.judge()["exit_code"] == 0  # but for the end, memcached read what was sent


def test_a_lost_connection_is_reported(clients, recorded_rig):
    rig = recorded_rig()
    clients.start(rig, *FOR_A_WHILE, "--seed", SEED, "--connections", 4)
    wait_until_connected(rig, 4)
    rig.memcached.kill()
    report = the_only(clients.finish(TIMEOUT))
    assert report["exit_code"] == 1
    assert report["lost"] == 4, told(report)


def test_a_write_that_is_executed_twice_is_reported(clients, recorded_rig):
    """No client can see it."""
    judgement, _ = run_by_a_middleman(clients, recorded_rig(), repeats_writes=True)
    assert judgement["exit_code"] == 1
    assert {found["fault"] for found in judgement["findings"]} == {"executed twice"}


def test_what_memcached_did_not_read_is_reported(clients, recorded_rig):
    """A set of the record is made another one, as by a stream that was shifted."""
    rig = recorded_rig()
    run(clients, rig, CLOSED_LOOP)
    record = clients.record.read_bytes()
    at = record.index(b" noreply\r\n", len(record) // 2)
    clients.record.write_bytes(record[:at] + b" norepli" + record[at + 8:])
    judgement = clients.judge()
    assert judgement["exit_code"] == 1
    assert judgement["faults"] >= 1

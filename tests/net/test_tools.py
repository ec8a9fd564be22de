# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an operator asks of a running instance: dump, stats, flush."""

import json
import os
import subprocess
import time

import pytest

from harness.bmc import PINS

pytestmark = pytest.mark.needs_bmc


def dumped(rig, prefix):
    return {entry["key"]: entry for entry in rig.bmc.dump(prefix)}


def test_dump_lists_what_is_cached_with_size_age_and_ttl(rig, key):
    plain, mortal, other = key + b".plain", key + b".mortal", b"other" + key
    rig.set_hot(plain, b"x" * 123)
    rig.set_hot(other, b"y")
    rig.tcp.set(mortal, b"z", exptime=100)
    rig.make_hot(mortal)
    entries = dumped(rig, key.decode())
    assert set(entries) == {plain.decode(), mortal.decode()}
    assert entries[plain.decode()]["bytes"] == 123
    assert entries[plain.decode()]["ttl_s"] is None
    assert 90 < entries[mortal.decode()]["ttl_s"] <= 101
    assert all(0 <= entry["age_s"] <= 20 for entry in entries.values())


def test_the_age_grows_and_begins_anew_with_the_next_value(rig, key):
    rig.set_hot(key, b"old")
    deadline = time.monotonic() + 60
    while dumped(rig, key.decode())[key.decode()]["age_s"] < 16:
        assert time.monotonic() < deadline, "an entry does not age"
        time.sleep(1)
    rig.set_hot(key, b"new")
    assert dumped(rig, key.decode())[key.decode()]["age_s"] < 16


def test_flush_empties_the_kernels_copy_and_nothing_else(rig, key):
    rig.set_hot(key, b"value")
    rig.bmc.flush()
    assert dumped(rig, key.decode()) == {}
    assert rig.udp().get(key) == b"value"  # memcached's


@pytest.mark.parametrize("words", [("dump", "--json"), ("status",), ("stats", "--json")],
                         ids="_".join)
def test_output_that_a_full_disk_swallows_is_an_error(rig, key, words):
    rig.set_hot(key, b"value")
    with open("/dev/full", "w") as full:
        process = rig.bmc.ns.popen(rig.bmc.binary, *words, "--name", rig.bmc.name, stdout=full,
                                   stderr=subprocess.PIPE, text=True)
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert told.startswith("bmc: cannot write to ") and "No space left" in told


class Watch:
    """bmc stats --watch, line by line."""

    def __init__(self, bmc, *words):
        self.process = bmc.ns.popen(bmc.binary, "stats", "--name", bmc.name, "--watch", "100ms",
                                    *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True)

    def line(self):
        return self.process.stdout.readline()

    def json(self):
        return json.loads(self.line())

    def end(self):
        """Its exit status, and what it said."""
        told = self.process.communicate(timeout=30)[1]
        return self.process.returncode, told

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def make_watch():
    made = []

    def make(*arguments):
        made.append(Watch(*arguments))
        return made[-1]
    yield make
    for watch in made:
        watch.close()


def test_watched_totals_have_their_time(rig, make_watch):
    watch = make_watch(rig.bmc, "--json")
    before, after = watch.json(), watch.json()
    assert 0.09e9 < after["time_ns"] - before["time_ns"] < 5e9
    assert abs(after["time_ns"] - time.monotonic_ns()) < 5e9


def test_watching_ends_with_the_instance(make_rig, make_watch):
    rig = make_rig()
    watch = make_watch(rig.bmc)
    assert "hits/s" in watch.line() and watch.line()
    assert rig.bmc.stop() == 0
    code, told = watch.end()
    assert code == 1 and told.startswith("bmc: no instance called")


def test_watching_goes_on_with_an_instance_that_is_loaded_anew(make_rig, make_watch, key):
    rig = make_rig()
    watch = make_watch(rig.bmc, "--json")
    rig.set_hot(key, b"value")
    while watch.json()["items"] == 0:
        pass
    os.unlink(f"{PINS}/{rig.bmc.name}/links/bmc_recv")  # a doubt: all is loaded anew
    deadline = time.monotonic() + 30
    while watch.json()["items"] != 0:
        assert time.monotonic() < deadline, "the old counters are still shown"
    rig.bmc.wait_until_serving()
    rig.make_hot(key)
    while watch.json()["items"] == 0:
        assert time.monotonic() < deadline, "the new counters are not shown"
    assert rig.bmc.stop() == 0
    assert "was loaded anew" in watch.end()[1]

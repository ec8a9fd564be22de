# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an operator asks of a running instance: dump, stats, flush."""

import time

import pytest

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

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A reply that leaves in pieces is not taken for the shorter one that its first piece is as long as."""

import pytest

from harness import text

pytestmark = pytest.mark.needs_bmc


@pytest.fixture
def cutting_rig(make_rig, build_dir):
    library = build_dir / "bmc_cut_replies.so"
    assert library.exists(), f"{library} is missing: build it first"
    return make_rig(program=("env", f"LD_PRELOAD={library}", "memcached"))


def test_a_piece_of_not_stored_publishes_nothing(cutting_rig, key):
    """NOT_STORED cut at 8 bytes is as long as STORED; `add` stages its value (I3)."""
    rig = cutting_rig
    client = rig.new_tcp()
    for number in range(20):
        rig.set_hot(key, b"old-%d" % number)
        assert client.command(text.store("add", key, b"new-%d" % number)) == b"NOT_STORED\r\n"
        for _ in range(3):
            assert rig.udp().get(key) == b"old-%d" % number
        client.barrier()  # its write counts as under way until the client speaks again
    client.close()


@pytest.mark.parametrize("request_of, reply", [
    (lambda key: b"delete %s\r\n" % key, b"NOT_FOUND\r\n"),
    (lambda key: b"touch %s 0\r\n" % key, b"NOT_FOUND\r\n"),
    (lambda key: text.store("add", key, b"value"), b"NOT_STORED\r\n")], ids=["delete", "touch", "add"])
def test_a_reply_in_pieces_costs_no_sync_and_ends_its_write(cutting_rig, key, request_of, reply):
    rig = cutting_rig
    other = key + b"other"
    client = rig.new_tcp()
    for _ in range(20):
        if reply.startswith(b"NOT_STORED"):
            rig.tcp.set(other, b"there")  # not cached: nothing is staged
        assert client.command(request_of(other)) == reply
        assert rig.bmc.status()["unsynced"] == []
    rig.set_hot(other, b"cached again")
    assert rig.bmc.stats()["counts"]["sync_losses"] == 0
    client.close()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""`bmc bench` as a client: several threads against a real server; it checks every reply itself."""

import json

import pytest

from harness import topology


def bench(rig, build_dir, kind, *options):
    done = rig.topology.client.run(
        build_dir / "bmc", "bench", kind, f"{topology.SERVER4}:{rig.memcached.port}", "--threads", 2,
        "--connections", 4, "--keys", 300, "--seconds", 2, "--warmup", "200ms", "--preload", "--json", "-",
        "--timeout", "1s",  # a busy machine answers late; what is lost is still seen within 2 s
        *options, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["udp", "tcp"])
@pytest.mark.parametrize("options", [(), ("--mix", "90:10"), ("--rate", "2000", "--multiget", 8)],
                         ids=["gets", "sets too", "open loop"])
def test_a_load_from_two_threads_is_answered_rightly(rig, build_dir, kind, options):
    report = bench(rig, build_dir, kind, *options)
    counts = report["counts"]
    assert counts["hits"] > 100
    assert counts["keys"] == counts["hits"] + counts["misses"]
    assert (counts["sets"] > 0) == ("--mix" in options)
    assert counts["errors"] == counts["refused"] == counts["reconnects"] == 0
    assert counts["lost"] <= counts["requests"] / 50  # a busy machine drops datagrams
    latency = report["latency_us"]
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"]

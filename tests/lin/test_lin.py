# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Linearizable in a quiet world; test_storm.py has the others.

BMC_LIN_SECONDS (default 24) is the length of the longest run; most take a third of it.
"""

import json
import os
import subprocess

import pytest

from harness import topology

SECONDS = float(os.environ.get("BMC_LIN_SECONDS", "24"))


@pytest.fixture
def report_of(build_dir):
    """Runs bmc_lin and returns what it reports."""
    path = build_dir / "bmc_lin"
    assert path.exists(), f"{path} is missing: build it first"

    def run(rig, *options, address=topology.SERVER4, seconds=SECONDS / 3):
        process = rig.topology.client.popen(
            path, "--server", address, "--ops", 10**8, "--seconds", seconds, "--json", *options,
            stdout=subprocess.PIPE, text=True)
        output, _ = process.communicate(timeout=seconds + 120)
        return json.loads(output)
    return run


@pytest.fixture
def linearizable(report_of):
    def run(rig, *options, **more):
        report = report_of(rig, *options, **more)
        assert report["violations"] == 0, "\n".join(report["explanations"])
        assert report["hits"] > 0
        return report
    return run


def assert_kernel_took_part(rig, share=0.03):
    """A test in which the kernel serves little shows little; a busy machine serves less."""
    if rig.bmc:
        stats = rig.bmc.stats()
        hits = stats["counts"]["hits"]
        gets = hits + sum(stats["passes"].values()) - stats["passes"]["not_get"]
        assert hits > share * gets, stats


def test_every_history_is_right(make_rig, linearizable, hook):
    rig = make_rig(hook=hook)
    report = linearizable(rig, seconds=SECONDS)
    assert report["timeouts"] <= report["requests"] / 1000  # a busy machine drops datagrams
    # A local sender's packets have no room to grow at XDP, so fewer are answered there.
    assert_kernel_took_part(rig, 0.03 if hook == "tc" else 0.01)


def test_every_history_is_right_over_ipv6(make_rig, linearizable):
    rig = make_rig()
    linearizable(rig, address=topology.SERVER6)
    assert_kernel_took_part(rig)


@pytest.mark.needs_bmc
def test_every_history_is_right_if_each_thread_has_a_udp_socket(make_rig, linearizable, build_dir):
    rig = make_rig(threads=4, program=(str(build_dir / "memcached-sr"),))
    linearizable(rig)
    assert_kernel_took_part(rig)


@pytest.mark.needs_bmc
def test_every_history_is_right_while_everything_is_evicted(make_rig, linearizable):
    rig = make_rig(memory="256K")
    linearizable(rig, "--keys", "2000", "--read-percent", "80")
    assert_kernel_took_part(rig)
    counts = rig.bmc.stats()["counts"]
    assert counts["evictions"] > counts["fills"] / 20, counts


@pytest.mark.needs_bmc
def test_every_history_is_right_while_all_keys_share_few_buckets(make_rig, linearizable):
    rig = make_rig(options=["--test-buckets", "16"])
    linearizable(rig, "--keys", "100", "--counters", "20", "--read-percent", "90")
    assert_kernel_took_part(rig)
    counts = rig.bmc.stats()["counts"]
    assert counts["fills_stale"] + counts["leases_refused"] > counts["fills"] / 20, counts


def test_every_history_is_right_without_flushes(make_rig, linearizable):
    rig = make_rig()
    linearizable(rig, "--flush-every", "0")
    assert_kernel_took_part(rig)


# Few commands on many keys: values grow old before the next write or flush takes them away.
AGEING = ["--flush-every", "0", "--keys", "10000", "--read-percent", "90",
          "--only", "get", "--only", "set", "--only", "touch"]


@pytest.mark.needs_bmc
@pytest.mark.parametrize("switch, load", [("1", []), ("8", AGEING), ("16", [])],
                         ids=["NO_INVALIDATE", "NO_EXPIRY", "NO_LEASE"])
def test_a_check_that_is_switched_off_is_missed(make_rig, report_of, switch, load):
    """BMC_TEST_* of include/bmc/abi.h. What takes stranger accidents has tests/net/test_switches.py.

    A minute is the limit; ten seconds are nearly always enough.
    """
    rig = make_rig(options=["--test-flags", switch])
    runs = (report_of(rig, *load, seconds=10)["violations"] for _ in range(6))
    assert any(runs)

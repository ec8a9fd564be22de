# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Linearizable while everything goes wrong that can. scripts/soak.sh does the same for longer.

BMC_STORM_SECONDS (default 12) is the length of each storm, BMC_SEED its seed (default: a new one).
"""

import dataclasses
import itertools
import os
import random

import pytest

from harness import leftovers
from harness.faults import rounds, schedule

SECONDS = float(os.environ.get("BMC_STORM_SECONDS", "12"))
SEED = int(os.environ.get("BMC_SEED", "0")) or random.randrange(1, 2**31)


def first_accidents(seed):
    return list(itertools.islice(schedule.accidents(seed), 80))


def test_a_seed_makes_the_same_schedule():
    assert first_accidents(7) == first_accidents(7)
    assert list(schedule.spells(7, 60)) == list(schedule.spells(7, 60))
    assert first_accidents(7) != first_accidents(8)


def test_every_kind_of_accident_happens_soon():
    for seed in range(20):
        assert {accident.kind for accident in first_accidents(seed)} == set(schedule.ACCIDENTS)


@pytest.mark.needs_bmc
@pytest.mark.parametrize("set_up", rounds.SET_UPS, ids=lambda set_up: set_up.name)
def test_nothing_stale_is_seen_in_a_storm(build_dir, bmc_binary, set_up):
    before = leftovers.snapshot()
    report = rounds.run(build_dir, set_up, SEED, SECONDS)
    assert report["violations"] == 0, f"seed {SEED}\n" + "\n".join(report["explanations"])
    assert sum(report["faults"].values()) >= 2, report["faults"]
    assert rounds.kernel_share(report) > rounds.LEAST_SHARE, f"seed {SEED}: {report['kernel']}"
    leftovers.assert_nothing_new(before)


@pytest.mark.needs_bmc
def test_a_storm_shows_a_check_that_is_switched_off(build_dir, bmc_binary):
    """BMC_TEST_NO_INVALIDATE of include/bmc/abi.h."""
    set_up = dataclasses.replace(rounds.SET_UPS[0], bmc=("--test-flags", "1"))
    assert rounds.run(build_dir, set_up, SEED, 8)["violations"] > 0

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The tests of writes can fail: if the tap takes no notice of writes, each one does.

BMC_TEST_NO_INVALIDATE of include/bmc/abi.h breaks I2. Every round that
test_writes.py plays must then find the old value, served by the kernel.
"""

import contextlib

import pytest

from harness import rounds
from harness.rig import Rig

pytestmark = pytest.mark.needs_bmc

NO_INVALIDATE = ["--test-flags", "1"]
ATTEMPTS = 5  # one may meet a sampled hit, which memcached answers


@pytest.fixture(scope="module")
def blind_rig(bmc_binary):
    with contextlib.closing(Rig(bmc_binary, options=NO_INVALIDATE)) as made:
        yield made


@pytest.fixture(scope="module")
def evicting_blind_rig(bmc_binary):
    with contextlib.closing(Rig(bmc_binary, memcached=rounds.SMALL_MEMCACHED,
                                options=NO_INVALIDATE)) as made:
        yield made


def assert_found_stale(play, rig, case, key, old):
    for number in range(ATTEMPTS):
        with case.carried(rig) as carrier:
            try:
                play(rig, case, carrier, key, number)
            except rounds.Stale as stale:
                assert stale.seen == old
                return
    pytest.fail(f"{case.name} changed the value, and nothing was stale")


@pytest.mark.parametrize("case", **rounds.by_name(
    [case for case in rounds.CASES if case.changes and case.write.before is not None]))
def test_a_write_that_is_not_handled_is_found(blind_rig, key, case):
    assert_found_stale(rounds.play, blind_rig, case, key, case.write.before)


@pytest.mark.parametrize("case", **rounds.by_name(
    [case for case in rounds.CASES if case.changes and case.write.before is None]))
def test_a_write_of_an_evicted_key_that_is_not_handled_is_found(evicting_blind_rig, key, case):
    assert_found_stale(rounds.play_on_evicted, evicting_blind_rig, case, key, rounds.ROOMY)

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Each check that a hidden switch turns off is missed by a test: a get is stale without it.

The switches are BMC_TEST_* of include/bmc/abi.h. NO_INVALIDATE has
test_writes_unhandled.py; NO_RECHECK has RaceTest in tests/bpf.
"""

import pytest

from harness import sequences
from harness.rounds import Stale

pytestmark = pytest.mark.needs_bmc

IGNORE_OPENS, PUBLISH_UNCHECKED, NO_EXPIRY, NO_LEASE = 1 << 1, 1 << 2, 1 << 3, 1 << 4


def assert_found(play, rig, key, *details):
    """The order of events is not the same every time on a busy machine: a few are played."""
    for number in range(5):
        try:
            play(rig, b"%s%d" % (key, number), *details)
        except Stale:
            return
    pytest.fail("nothing stale was seen")


@pytest.fixture
def rig_without(make_rig):
    return lambda switch, *options: make_rig(options=["--test-flags", str(switch), *options])


def test_a_fill_that_is_not_checked_is_found(rig_without, key):
    assert_found(sequences.set_between_lease_and_fill, rig_without(NO_LEASE), key)


def test_a_write_that_did_not_begin_alone_is_found(rig_without, key):
    rig = rig_without(IGNORE_OPENS, "--test-buckets", "1")
    assert_found(sequences.set_while_another_key_of_its_bucket_is_written, rig, key)


def test_a_write_that_did_not_end_alone_is_found(rig_without, key):
    assert_found(sequences.set_before_the_answer_of_an_earlier_one,
                 rig_without(PUBLISH_UNCHECKED), key)


def test_a_ttl_that_is_forgotten_is_found(rig_without, key):
    assert_found(sequences.overwrite_with_a_ttl, rig_without(NO_EXPIRY), key, 2)

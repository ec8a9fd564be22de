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


@pytest.fixture
def rig_without(make_rig):
    return lambda switch, *options: make_rig(options=["--test-flags", str(switch), *options])


def test_a_fill_that_is_not_checked_is_found(rig_without, key):
    rig = rig_without(NO_LEASE)
    with pytest.raises(Stale):
        sequences.set_between_lease_and_fill(rig, key)


def test_a_write_that_did_not_begin_alone_is_found(rig_without, key):
    rig = rig_without(IGNORE_OPENS, "--test-buckets", "1")
    with pytest.raises(Stale):
        sequences.set_while_another_key_of_its_bucket_is_written(rig, key)


def test_a_write_that_did_not_end_alone_is_found(rig_without, key):
    rig = rig_without(PUBLISH_UNCHECKED)
    with pytest.raises(Stale):
        sequences.set_before_the_answer_of_an_earlier_one(rig, key)


def test_a_ttl_that_is_forgotten_is_found(rig_without, key):
    rig = rig_without(NO_EXPIRY)
    with pytest.raises(Stale):
        sequences.overwrite_with_a_ttl(rig, key, 2)

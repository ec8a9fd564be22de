# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""bmc status beside a daemon that starts, stops or is held up."""

import contextlib
import fcntl
import os

import pytest

from harness.bmc import RUN_DIR
from harness.sequences import wait_until

pytestmark = pytest.mark.needs_bmc


def test_status_tells_the_armed_process_whatever_its_file_says(make_rig):
    rig = make_rig()
    with rig.bmc.frozen(), open(f"{RUN_DIR}/{rig.bmc.name}/status.json", "w") as stale:
        stale.write('{"memcached": {"phase": "waiting", "pid": null}}')
        stale.flush()
        status = rig.bmc.status()
        assert status["serving"] and status["memcached"]["pid"] == rig.memcached.pid


def has_open(pid, path):
    fds = f"/proc/{pid}/fd"
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
        return any(os.readlink(f"{fds}/{fd}") == path for fd in os.listdir(fds))
    return False


def test_who_asks_for_the_daemon_does_not_keep_it_from_starting(make_rig):
    """bmc status holds the lock, shared, for a moment."""
    rig = make_rig(start=False)
    rig.memcached.start()
    folder = f"{RUN_DIR}/{rig.bmc.name}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        rig.bmc.start(wait=False)
        wait_until(lambda: has_open(rig.bmc.process.pid, lock.name), "the lock opened")
    rig.bmc.wait_until_serving(30)

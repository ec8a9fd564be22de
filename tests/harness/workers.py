# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""memcached's worker threads and UDP sockets, as /proc and ss(8) show them."""

import re

import pathlib


def udp_sockets(ns, pid):
    """{address: inodes} of the UDP sockets of a process; an inode is a socket."""
    found = {}
    for line in ns.run("ss", "-Hulnpe", text=True).stdout.splitlines():
        if f"pid={pid}," in line:
            address = line.split()[3].rsplit(":", 1)[0]
            found.setdefault(address, set()).add(int(re.search(r"ino:(\d+)", line)[1]))
    return found


def send_buffers(ns, pid):
    """The sizes of the UDP sockets' send buffers."""
    lines = ns.run("ss", "-HulnpmO", text=True).stdout.splitlines()
    return [int(re.search(r",tb(\d+),", line)[1]) for line in lines if f"pid={pid}," in line]


def workers(pid):
    """The ids of the worker threads, in the order in which they were made."""
    tasks = sorted(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return [tid for tid in tasks if _status(pid, tid)["Name"] == "mc-worker"]


def wakeups(pid):
    """How often each worker has slept, so far."""
    return [int(_status(pid, tid)["voluntary_ctxt_switches"]) for tid in workers(pid)]


def cpus(pid):
    """The CPUs that each worker may run on, as in /proc."""
    return [_status(pid, tid)["Cpus_allowed_list"] for tid in workers(pid)]


def _status(pid, tid):
    lines = pathlib.Path(f"/proc/{pid}/task/{tid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

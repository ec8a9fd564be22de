# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The machine and the commit: what every file of a report says first."""

import datetime
import os
import pathlib
import re
import subprocess

VULNERABILITIES = pathlib.Path("/sys/devices/system/cpu/vulnerabilities")
GOVERNOR = pathlib.Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def _said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _cpu_model():
    match = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return match[1] if match else "unknown"


def _memory_gib():
    match = re.search(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return round(int(match[1]) / 2**20, 1)


def _mitigations():
    """Those of weaknesses that this CPU has."""
    found = {}
    for path in sorted(VULNERABILITIES.glob("*")):
        text = path.read_text().strip()
        if text != "Not affected":
            found[path.name] = text
    return found


def _commit():
    """With a mark if the tree differs from it."""
    commit = _said("git", "rev-parse", "HEAD") or "unknown"
    is_changed = _said("git", "status", "--porcelain", "--untracked-files=no")
    return commit + ("-changed" if is_changed else "")


def describe():
    return {
        "measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_model(),
        "cpus": os.cpu_count(),
        "virtual": _said("systemd-detect-virt", "--vm") or "unknown",
        "memory_gib": _memory_gib(),
        "kernel": os.uname().release,
        "memcached": _said("memcached", "-V").removeprefix("memcached "),
        "governor": GOVERNOR.read_text().strip() if GOVERNOR.exists() else "none visible",
        "mitigations": _mitigations(),
        "compiler": _said("c++", "--version").split("\n")[0],
    }


def in_short(machine):
    """One line for a plot."""
    return (f"{machine['cpu']}, {machine['cpus']} CPUs, Linux {machine['kernel']}, "
            f"memcached {machine['memcached']}, commit {machine['commit'][:10]}"
            f"{'-changed' if machine['commit'].endswith('-changed') else ''}, "
            f"{machine['measured_at'][:10]}")

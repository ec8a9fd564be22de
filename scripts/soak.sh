#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# soak.sh [--minutes N] [--round-seconds N] [--seed N] [--json FILE] [--trace FILE]: clients hammer
# a memcached behind BMC while everything goes wrong that can: memcached and the daemon are
# frozen and killed, BMC is detached and attached, the interface goes down, the wire loses,
# doubles, delays, reorders and damages frames, and the CPUs are taken by others. Afterwards each
# storm's history is checked for linearizability. Exit 0: no violation; 1: a violation, a storm in
# which the kernel answered next to nothing, or a process that ended unasked; 2: usage.
#   --minutes N        in all (30)
#   --round-seconds N  length of one storm; set-ups take turns (60)
#   --seed N           of the first storm; each next one has the next (a new one). The seed that is
#                      printed beside a storm, with --minutes 1, brings back its set-up and its
#                      faults; the clients' timing is new
#   --json FILE        writes every storm's report
#   --trace FILE       writes all that happened to the first stale key of the last storm that had one
# Needs root. Installs packages, builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '4,/^[^#]/s/^# \?//p' "$0"
  exit
fi
need_root "making network namespaces and loading BPF programs"
scripts/deps.sh test
build_preset release "$(nproc)" bmc bmc_lin bmc_wire memcached-sr
exec "$PYTHON" tests/lin/soak.py "$@"

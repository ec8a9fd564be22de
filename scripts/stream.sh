#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# stream.sh [--requests N] [--percent N,...] [--family N,...] [--only N,...] [--seed N] [--stock]
#           [--json FILE] [--keep FOLDER] [-- OPTIONS OF bmc run]: TCP clients against a memcached
# behind BMC, every byte of which is judged at both ends: what the clients got, and what memcached
# read. Once for each of IPv4 and IPv6, with and without TCP timestamps, with and without SACK, on a
# wire that is good and on worse ones; memcached stands still for 300 ms every few seconds. Prints a
# table, a line a run. Exit 0: every byte was right; 1: not, or bmc run was given options and nothing
# was answered before memcached; 2: usage.
#   --requests N       in each run (1000000)
#   --percent N,...    of the frames are lost, as many doubled, twice as many late, half as many
#                      damaged, in each direction (0,1,2,5)
#   --family N,...     IPv4, IPv6 or both (4,6)
#   --only N,...       only these runs, by their numbers in the table
#   --seed N           of the requests and the wire (a new one); it brings back what is sent and how
#                      it is cut, but not what the wire does to which frame
#   --stock            memcached alone, without BMC: what is reported then is no fault of BMC
#   --json FILE        writes every run's report
#   --keep FOLDER      where the journals and the record of a run that went wrong are put
# At 5 % a run takes many minutes: TCP itself waits for 200 ms and more until it sends anew.
# Needs root. Installs packages, builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '4,/^[^#]/s/^# \?//p' "$0"
  exit
fi
need_root "making network namespaces and loading BPF programs"
scripts/deps.sh test
build_preset release "$(nproc)" bmc bmc_stream bmc_stream_judge bmc_recorder bmc_wire
exec "$PYTHON" tests/stream/combinations.py "$@"

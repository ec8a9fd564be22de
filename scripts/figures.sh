#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# figures.sh [--rounds N] [--seconds N] [--only "F1 F4"] [--json FILE]: measures the figures
# of docs/performance.md, each side in turn with the other, and prints their table.
#   --rounds N   how often each side is measured; the table shows medians (5)
#   --seconds N  length of one measurement (4)
#   --only LIST  these figures only
#   --json FILE  writes every measurement of every round; `scripts/bench.sh --report DIR` puts
#                DIR/figures.json into that report
# Needs root, a machine with at least two CPUs that has nothing else to do, and about
# half an hour. Installs packages, builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"
seconds=4 # before it is read
source scripts/lib/figures_tcp.sh

rounds=5 json='' only='F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 T1 T2 T3 T4 T5 T6 T7 T8'

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --rounds) rounds=${2:?--rounds how many?} && shift ;;
      --seconds) seconds=${2:?--seconds how many?} && shift ;;
      --only) only=${2:?--only which?} && shift ;;
      --json) json=${2:?--json which file?} && shift ;;
      -h | --help) sed -n '4,/^[^#]/s/^# \?//p' "$0" && exit ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
}

print_table() { "$PYTHON" scripts/lib/figures_table.py "$FACTS" ${json:+--json "$json"}; }

clean_up() {
  trap '' INT TERM HUP
  print_table || true # of what there is, if something failed
  figures_down
  rm -rf "$FACTS"
}

main() {
  parse "$@"
  need_root "making network namespaces and loading BPF programs"
  scripts/deps.sh demo
  build_preset release "$(nproc)" bmc bmc_wire
  FACTS=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  local figure round
  for figure in $only; do
    for ((round = 1; round <= rounds; round++)); do
      say "== $figure, round $round of $rounds" >&2
      lab_up # a new cable each time: Linux 6.18 may leave one's receive ring full for ever
      "figure_$figure" "$round"
      figures_down
    done
  done
}

main "$@"

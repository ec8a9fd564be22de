#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# hit_cost.sh [--rounds N] [--seconds N] [--json FILE]: what a hit at XDP costs on one CPU, stage
# by stage, how that grows with the number of items, and what the model of docs/performance.md
# says of it.
#   --rounds N   how often each number of items is measured; the tables show medians (5)
#   --seconds N  length of one measurement (2)
#   --json FILE  writes every measurement of every round
# Needs root, perf (Debian: linux-perf), a machine with at least two CPUs that has nothing else to
# do, and a quarter of an hour. Builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"
seconds=2 # before it is read
source scripts/lib/figures.sh

rounds=5 json=''
# Items and bytes of a value; between a reply of the one size and the other lies the copy.
loads=('100 32' '1000 32' '10000 32' '50000 32' '200000 32' '100 400' '10000 400' '200000 400')
staged=' 10000x32 200000x400 ' # whose stages are sampled

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --rounds) rounds=${2:?--rounds how many?} && shift ;;
      --seconds) seconds=${2:?--seconds how many?} && shift ;;
      --json) json=${2:?--json which file?} && shift ;;
      -h | --help) sed -n '4,/^[^#]/s/^# \?//p' "$0" && exit ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
}

clean_up() {
  trap '' INT TERM HUP
  "$PYTHON" scripts/lib/hit_cost.py "$FACTS" ${json:+--json "$json"} || true
  figures_down
  rm -rf "$FACTS"
}

# on_one_cpu NAME OPTION...: what the generator gets answered on the first CPU, which takes all
# of it over veth: the making of the request, the server's XDP program, the counting of the reply.
on_one_cpu() { generate "$1" --threads 1 --cpu 0 "${@:2}"; }

# Walks through memory of each size that a load reaches, 1 KiB to 256 MiB, by items of one line, as
# buckets are, and of as many as the blocks of the loads have.
measure_latencies() {
  local size sizes=() lines
  for ((size = 1024; size <= 1 << 28; size *= 2)); do sizes+=("$size"); done
  for lines in 1 2 8; do
    taskset -c 0 "$FACTS/load_latency" "$lines" "${sizes[@]}" >"$FACTS/latency.$lines.$1"
  done
}

measure_load() {
  local keys=$1 value_bytes=$2 round_now=$3
  local items=(--keys "$keys" --key-bytes 16 --value-bytes "$value_bytes")
  local load=${keys}x$value_bytes sampler
  memcached_fresh -t 2
  bmc_at xdp --memory 512M
  build/bmc stats --name "$lab_id" --json >"$FACTS/stats"
  fill "$keys" --value-bytes "$value_bytes"
  on_one_cpu "bmc.$load" "${items[@]}" --uniform
  if [[ $staged == *" $load "* ]]; then
    (sleep 0.5 && exec tools/hot_lines.py bmc_xdp --cpu 0 --by file --rows 100 \
      --seconds "$seconds" --json "$FACTS/stages.$load.$round_now") >/dev/null &
    sampler=$!
    seconds=$((seconds + 2)) on_one_cpu "sampled.$load" "${items[@]}" --uniform
    wait "$sampler"
  fi
  bmc_down
  # VALUE, the key, flags and length, the value, END, and a frame header.
  echo_up $((8 + 6 + 16 + 3 + ${#value_bytes} + 2 + value_bytes + 2 + 5))
  on_one_cpu "echo.$load" "${items[@]}" --uniform
  echo_down
}

main() {
  parse "$@"
  need_root "making network namespaces and loading BPF programs"
  command -v perf >/dev/null || die "perf is missing" "apt install linux-perf"
  scripts/deps.sh demo
  build_preset release "$(nproc)" bmc
  FACTS=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  c++ -O2 -std=c++20 -o "$FACTS/load_latency" tools/load_latency.cc
  local round load
  for ((round = 1; round <= rounds; round++)); do
    say "== round $round of $rounds" >&2
    measure_latencies "$round"
    for load in "${loads[@]}"; do
      lab_up # a new cable each time: Linux 6.18 may leave one's receive ring full for ever
      # shellcheck disable=SC2086 # two words
      measure_load $load "$round"
      figures_down
    done
  done
}

main "$@"

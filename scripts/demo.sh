#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# demo.sh [--seconds N] [--rounds N] [--json FILE] [--keep]: the same load on a stock
# memcached without BMC and with it, in turn, on a Debian 12 on which nothing is prepared.
#   --seconds N  length of each measurement (4)
#   --rounds N   how often each is made; the table shows medians (3)
#   --json FILE  writes every figure of every round
#   --keep       leaves memcached and BMC up until Ctrl-C, to play with
# Needs root. Installs packages, builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"
source scripts/lib/measure.sh

seconds=4 rounds=3 json='' keep=''
items=(--keys 10000 --key-bytes 16 --value-bytes 32 --zipf 0.99)
server=("$lab_address:$lab_port" --threads 1 "${items[@]}")
client=("${server[@]}" --outstanding 64)

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --seconds) seconds=${2:?--seconds how many?} && shift ;;
      --rounds) rounds=${2:?--rounds how many?} && shift ;;
      --json) json=${2:?--json which file?} && shift ;;
      --keep) keep=yes ;;
      -h | --help) sed -n '4,/^[^#]/s/^# \?//p' "$0" && exit ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
  [[ $seconds =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ ]] ||
    die "--seconds and --rounds are whole numbers"
}

# Runs on every way out, Ctrl-C among them.
clean_up() {
  trap '' INT TERM HUP
  lab_down
  rm -rf "$FACTS"
  restore_machine >/dev/null 2>&1
}

prepare() {
  say "== packages and build"
  scripts/deps.sh demo
  build_preset release "$(nproc)" bmc
  FACTS=$(mktemp -d)
  remember_machine
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  say "== two network namespaces joined by veth, a stock memcached in one of them"
  lab_up
  memcached_up
  on_client build/bmc bench udp "${client[@]}" --preload --seconds 1 >/dev/null
}

# gets ROUND VARIANT: UDP gets alone, and then with every tenth request a set over TCP.
gets() {
  on_client build/bmc bench udp "${client[@]}" --seconds 1 >/dev/null
  measure_best gets "$2" "$1" udp "${client[@]}" --seconds "$seconds"
  measure_best mix "$2" "$1" udp "${client[@]}" --seconds "$seconds" --mix 90:10
}

# tcp_gets ROUND VARIANT: over TCP, as any client asks.
tcp_gets() {
  on_client build/bmc bench tcp "${server[@]}" --connections 64 --seconds 1 >/dev/null
  measure_best tcp1 "$2" "$1" tcp "${server[@]}" --connections 1 --seconds "$seconds"
  measure_best tcp "$2" "$1" tcp "${server[@]}" --connections 64 --seconds "$seconds"
  measure_best tcpmix "$2" "$1" tcp "${server[@]}" --connections 64 --seconds "$seconds" --mix 90:10
}

# Gets that are made inside the kernel, where no client's system calls limit them.
kernel_gets() {
  measure kernel bmc "$1" kernel -i client --to "$lab_address" --port "$lab_port" \
    --from 192.0.2.2 --threads 1 "${items[@]}" --preload --warmup 1s --seconds "$seconds"
}

compare() {
  local round
  for ((round = 1; round <= rounds; round++)); do
    say "== round $round of $rounds"
    say "   memcached alone"
    gets "$round" stock
    tcp_gets "$round" stock
    say "   with BMC"
    bmc_up "$FACTS/bmc.log"
    gets "$round" bmc
    tcp_gets "$round" bmc
    bmc_down
    say "   with BMC at XDP, gets made in the kernel"
    bmc_up "$FACTS/bmc.log" --hook xdp --clients 192.0.2.0/24
    kernel_gets "$round"
    bmc_down
  done
}

stay() {
  bmc_up "$FACTS/bmc.log"
  cat <<END

memcached and BMC stay up until you press Ctrl-C. In another terminal, as root, in $BMC_ROOT:
  build/bmc status --name $lab_id
  build/bmc stats --name $lab_id --watch
  nsenter --net=/run/netns/$lab_client build/bmc bench udp $lab_address --progress
END
  sleep infinity &
  wait $!
}

main() {
  parse "$@"
  need_root "making network namespaces and loading BPF programs"
  need_kernel
  prepare
  compare
  "$PYTHON" scripts/lib/demo_table.py "$FACTS" ${json:+--json "$json"}
  [[ -z $keep ]] || stay
}

main "$@"

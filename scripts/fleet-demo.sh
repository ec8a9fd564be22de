#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# fleet-demo.sh [--nodes N] [--seconds N] [--clients N] [--json FILE]: a fleet of stock memcacheds,
# BMC in front of each (`bmc run`), and clients that shard their keys over them by
# themselves (libmemcached with ketama, over TCP). One memcached is killed and later started
# again; a table shows what each node and each node's keys got, second by second. Every value
# that a client reads is compared with the one that it wrote last (docs/fleet.md).
#   --nodes N    2 to 8 (3)
#   --seconds N  length of each phase: before, during the failure, after it (8)
#   --clients N  processes, each with keys of its own (2)
#   --json FILE  writes every figure of every phase
# Exit 0: no wrong value, and no key moved but the dead node's; 1: else; 2: usage.
# Needs root. Installs packages, builds into build/, and leaves nothing else behind.
source "$(dirname "$0")/lib/common.sh"
source scripts/lib/leavings.sh

nodes=3 seconds=8 clients=2 json=''
demo= # the process that does it

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --nodes) nodes=${2:?--nodes how many?} && shift ;;
      --seconds) seconds=${2:?--seconds how many?} && shift ;;
      --clients) clients=${2:?--clients how many?} && shift ;;
      --json) json=${2:?--json which file?} && shift ;;
      -h | --help) sed -n '4,/^[^#]/s/^# \?//p' "$0" && exit ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
  [[ -z $json || $json == /* ]] || json=$OLDPWD/$json # common.sh has changed the folder
  [[ $nodes =~ ^[2-8]$ ]] || die "--nodes is a number from 2 to 8"
  [[ $clients =~ ^[1-9]$ ]] || die "--clients is a number from 1 to 9"
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds is a whole number"
}

# The demo removes what it made; if it was killed itself, this does, by the process id in the names.
clean_up() {
  trap '' INT TERM HUP
  if [[ -n $demo ]]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" || true
    rm -f /tmp/bmcn-"$demo"-*.log
  fi
  restore_machine >/dev/null 2>&1
}

main() {
  parse "$@"
  need_root "making network namespaces and loading BPF programs"
  need_kernel
  say "== packages and build"
  scripts/deps.sh fleet
  build_preset release "$(nproc)" bmc
  remember_machine
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  "$PYTHON" scripts/lib/fleet_demo.py --nodes "$nodes" --seconds "$seconds" \
    --clients "$clients" ${json:+--json "$json"} &
  demo=$!
  local code=0
  wait "$demo" || code=$?
  return "$code"
}

main "$@"

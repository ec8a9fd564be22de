#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# test.sh [--only STAGE[,STAGE...]] [--jobs N]: builds and tests everything, as root.
# Each stage is a script in scripts/stages/; its words are in build/test-results/.
# The last line is "N passed, N failed, N skipped"; exit 1: something failed, 2: usage.
source "$(dirname "$0")/lib/common.sh"
source scripts/lib/kernel_log.sh

# In the order of what is found out soonest: name, limit in seconds (for hangs), needs.
stages=(
  "lint       300"
  "build      1800"
  "unit       300  build"
  "bpf        600  build root"
  "cli        600  build root"
  "sr         180  build root"
  "net        3000 build root"
  "lin        900  build root"
  "stream     600  build root"
  "sanitize   2400 root"
  "fuzz       900"
  "kernel-log 60   root"
)
names=("${stages[@]%% *}")

export BMC_BUILD=$BMC_ROOT/build BMC_ASAN=$BMC_ROOT/build-asan
BMC_JOBS=$(nproc)
export BMC_JOBS
results=$BMC_BUILD/test-results
only=
current= # the stage that runs now: a process id

usage() {
  say "usage: $0 [--only STAGE[,STAGE...]] [--jobs N]"
  say "stages: ${names[*]}"
  say "Installs Debian packages, builds, and tests in network namespaces of its own, for about half an"
  say "hour and with all CPUs: not for a machine that serves. What a stage said is in"
  say "build/test-results/STAGE/. Exit code 0: all passed, 1: something failed, 2: usage."
  say "Environment: BMC_FUZZ_SECONDS (8, each target), BMC_LIN_SECONDS (24, the longest run),"
  say "BMC_STORM_SECONDS (12, each storm), BMC_STREAM_SECONDS (1.5, each run), BMC_LEAK_CYCLES (10),"
  say "BMC_TCP_FLOWS (2000, connections at once), BMC_TCP_IDLE_S (12),"
  say "BMC_SEED (a new one)."
}

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --only) only=${2:?--only which stage?} && shift ;;
      --jobs) BMC_JOBS=${2:?--jobs how many?} && shift ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift
  done
  local name
  for name in ${only//,/ }; do
    [[ " ${names[*]} " == *" $name "* ]] ||
      die "there is no stage '$name'" "one of ${names[*]}"
  done
}

# Whether a stage was asked for.
is_asked_for() { [[ -z $only || ",$only," == *",$1,"* ]]; }

# Whether a stage that was asked for needs this: root, or another stage.
is_needed() {
  local stage
  for stage in "${stages[@]}"; do
    if is_asked_for "${stage%% *}" && [[ "$stage " == *" $1 "* ]]; then
      return 0
    fi
  done
  return 1
}

# Ends the running stage with everything it started: timeout passes the signal on.
interrupted() {
  say "interrupted"
  if [[ -n $current ]]; then
    kill -TERM "$current" 2>/dev/null || true
    wait "$current" 2>/dev/null || true
  fi
  exit 130
}

# run_stage NAME LIMIT; returns whether all went well.
run_stage() {
  local name=$1 limit=$2 code=0 start=$SECONDS
  export BMC_RESULTS=$results/$name
  rm -rf "$BMC_RESULTS"
  mkdir -p "$BMC_RESULTS"
  say "== $name"
  timeout --kill-after=30 "$limit" "scripts/stages/$name.sh" \
    </dev/null >"$BMC_RESULTS/output.log" 2>&1 &
  current=$!
  wait "$current" || code=$?
  current=
  "$PYTHON" scripts/lib/tally.py stage "$BMC_RESULTS" "$code" $((SECONDS - start)) "$limit"
}

main() {
  parse "$@"
  if is_needed root; then
    need_root "testing BPF programs"
  fi
  scripts/deps.sh test
  BMC_LOG_START=$(kernel_log_next || true)
  export BMC_LOG_START
  trap interrupted INT TERM HUP

  local stage name limit ran=()
  for stage in "${stages[@]}"; do
    read -r name limit _ <<<"$stage"
    is_asked_for "$name" || is_needed "$name" || continue
    ran+=("$results/$name")
    if ! run_stage "$name" "$limit" && [[ $name == build ]]; then
      break # there is nothing to test
    fi
  done
  "$PYTHON" scripts/lib/tally.py total "${ran[@]}"
}

main "$@"

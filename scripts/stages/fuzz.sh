#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every fuzz target for some seconds (BMC_FUZZ_SECONDS), from its corpus. What it
# finds stays as crash-* in the stage's results; the corpus itself is not changed.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/sanitizers.sh

seconds=${BMC_FUZZ_SECONDS:-10}

fuzz() {
  local binary=$1 target=${1##*/bmc_fuzz_} found corpus
  found=$(mktemp -d)
  corpus=tests/fuzz/corpus/$target
  [[ -d $corpus ]] || corpus=
  "$binary" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$BMC_RESULTS/" "$found" ${corpus:+"$corpus"} || return
  rm -rf "$found"
}

check "fuzz build" build_sanitized asan '^bmc_fuzz_'
while read -r binary; do
  check "$(basename "$binary")" fuzz "$binary"
done < <(find "$BMC_ASAN" -maxdepth 1 -name 'bmc_fuzz_*' -type f -perm -u+x | sort)
finish

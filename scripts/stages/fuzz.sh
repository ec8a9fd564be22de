#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every fuzz target, and the comparison with a real memcached, for some seconds each
# (BMC_FUZZ_SECONDS): about a minute together. What a target finds stays as crash-* in the
# stage's results; the corpus itself is not changed.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/sanitizers.sh

seconds=${BMC_FUZZ_SECONDS:-8}

fuzz() {
  local binary=$1 target=${1##*/bmc_fuzz_} found corpus code=0
  found=$(mktemp -d)
  corpus=tests/fuzz/corpus/$target
  [[ -d $corpus ]] || corpus=
  "$binary" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$BMC_RESULTS/" "$found" ${corpus:+"$corpus"} || code=$?
  rm -rf "$found"
  return "$code"
}

# A tap that is broken on purpose is found, within the first streams.
is_found() {
  local words
  words=$("$BMC_ASAN/bmc_differential" --seed 1 --rounds 1000 "$@") && return 1
  say "$words"
  [[ $words == *"again by:"* ]]
}

check "fuzz build" build_sanitized asan '^bmc_(fuzz_|differential$)'
while read -r binary; do
  check "$(basename "$binary")" fuzz "$binary"
done < <(find "$BMC_ASAN" -maxdepth 1 -name 'bmc_fuzz_*' -type f -perm -u+x | sort)
check "bmc_differential" "$BMC_ASAN/bmc_differential" --seconds "$seconds"
check "bmc_differential finds writes unnoticed" is_found --test-flags 1
check "bmc_differential finds a delete unnoticed" is_found --forge 'delete=get   '
finish

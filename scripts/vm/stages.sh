#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs the stages of BMC_STAGES inside the virtual machine, as scripts/test.sh does
# outside, each into its folder of BMC_VM_RESULTS.
source "$(dirname "$0")/../lib/common.sh"
source scripts/lib/kernel_log.sh

export BMC_BUILD=$BMC_ROOT/build
BMC_JOBS=$(nproc)
BMC_LOG_START=$(kernel_log_next)
export BMC_JOBS BMC_LOG_START

for stage in ${BMC_STAGES//,/ }; do
  name=${stage%:*} limit=${stage#*:} code=0 start=$SECONDS
  export BMC_RESULTS=$BMC_VM_RESULTS/$name
  mkdir -p "$BMC_RESULTS"
  say "vm: == $name"
  timeout --kill-after=30 "$limit" "scripts/stages/$name.sh" \
    </dev/null >"$BMC_RESULTS/output.log" 2>&1 || code=$?
  "$PYTHON" scripts/lib/tally.py stage "$BMC_RESULTS" "$code" $((SECONDS - start)) "$limit" |
    sed 's/^/vm: /' || true
done

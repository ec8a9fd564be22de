#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The kernel has not complained since the tests began (BMC_LOG_START, see
# lib/kernel_log.sh). A log that cannot be read is a failure: it would hide everything.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/kernel_log.sh

no_splat() {
  local log=$BMC_RESULTS/kernel.log
  kernel_log_since "$BMC_LOG_START" >"$log" || { say "the kernel's log cannot be read"; return 1; }
  ! grep -E -A 30 "$splats" "$log"
}

check "no splat in the kernel's log" no_splat
finish

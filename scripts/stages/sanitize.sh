#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The same unit tests under AddressSanitizer and UBSan.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/asan.sh

check "sanitizer build" build_asan '^bmc_.*_tests$'
while read -r binary; do
  run_gtest "$binary"
done < <(unit_tests_in "$BMC_ASAN")
finish

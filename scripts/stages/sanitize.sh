#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The unit tests, the daemon and the commands under AddressSanitizer (with its leak checker)
# and UBSan; what has threads also under ThreadSanitizer.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/sanitizers.sh
source scripts/lib/reruns.sh

programs='bmc|memcached-sr|bmc_cut_replies|bmc_fork_on_signal'

check "build with ASan" build_sanitized asan "^(bmc_.*_tests|$programs)\$"
while read -r binary; do
  run_gtest "$binary"
done < <(unit_tests_in "$BMC_ASAN")

keep_reports
# How much memory the daemon takes is not asked of one with shadow memory.
BMC_BUILD=$BMC_ASAN junit=asan run_pytest "${reruns[@]}" \
  --deselect net/test_lifecycle.py::test_an_idle_daemon_is_small_and_quiet cli net/test_lifecycle.py net/test_doubt.py \
  net/test_tools.py net/test_refusals.py net/test_bench.py net/test_leaks.py ||
  checks_failed=$((checks_failed + 1))

check "build with TSan" build_sanitized tsan "^($programs)\$"
BMC_BUILD=$BMC_ROOT/build-tsan junit=tsan run_pytest "${reruns[@]}" net/test_bench.py ||
  checks_failed=$((checks_failed + 1))
check "no report" no_report
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# gtest binaries that need nothing but themselves, as they are shipped: optimised.
source "$(dirname "$0")/../lib/stage.sh"

while read -r binary; do
  run_gtest "$binary"
done < <(unit_tests_in "$BMC_BUILD")
finish

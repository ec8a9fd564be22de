#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What a kernel that is too old gets to see; of scripts/kernels.sh, not of test.sh.
source "$(dirname "$0")/../lib/stage.sh"

run_pytest refused

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Everything in the release build compiles without a warning.
source "$(dirname "$0")/../lib/stage.sh"

check "release build" build_preset release "$BMC_JOBS"
finish

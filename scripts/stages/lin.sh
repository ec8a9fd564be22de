#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Many clients do everything at once to a cache that is far too small; every value is checked.
source "$(dirname "$0")/../lib/stage.sh"

run_pytest lin

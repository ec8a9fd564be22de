#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Every byte of TCP streams, as clients got them and as memcached read them.
source "$(dirname "$0")/../lib/stage.sh"

run_pytest stream

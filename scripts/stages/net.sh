#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# End to end
source "$(dirname "$0")/../lib/stage.sh"

run_pytest  two network namespaces, a real memcached, real clients.:net harness

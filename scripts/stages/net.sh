#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# End to end: two network namespaces, a real memcached, real clients.
source "$(dirname "$0")/../lib/stage.sh"
source scripts/lib/reruns.sh

run_pytest "${reruns[@]}" net harness

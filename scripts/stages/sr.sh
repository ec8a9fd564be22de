#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# memcached-sr with a real memcached: sockets, threads, answers, refusals, and BMC in front.
source "$(dirname "$0")/../lib/stage.sh"

# As in net.sh: only what came too late is tried a second time.
run_pytest --reruns 1 --reruns-delay 2 -rR \
  --only-rerun 'not served' --only-rerun 'imeout' --only-rerun 'is not .* after' \
  sr

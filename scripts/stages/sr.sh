#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# memcached-sr with a real memcached: sockets, threads, answers, refusals, and BMC in front.
source "$(dirname "$0")/../lib/stage.sh"

run_pytest sr

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# End to end: two network namespaces, a real memcached, real clients.
source "$(dirname "$0")/../lib/stage.sh"

# A busy machine is late: what only came too late is tried a second time, and shown as
# such (R). A wrong value or reply never is.
run_pytest --reruns 1 --reruns-delay 2 -rR \
  --only-rerun 'not served' --only-rerun 'imeout' --only-rerun 'timed out' --only-rerun 'is not .* after' \
  net harness

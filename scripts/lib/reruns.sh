# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# A busy machine is late: what only came too late is tried a second time, and shown as
# such (R). A wrong value or reply never is.
# shellcheck disable=SC2034 # for those who read this file
reruns=(--reruns 1 --reruns-delay 2 -rR --only-rerun 'not served' --only-rerun 'imeout'
  --only-rerun 'timed out' --only-rerun 'nothing within' --only-rerun 'is not .* after')

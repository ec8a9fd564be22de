#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The commands, their words on every error, and their exit codes.
source "$(dirname "$0")/../lib/stage.sh"

run_pytest cli

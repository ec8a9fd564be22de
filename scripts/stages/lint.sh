#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Style that compilers do not see: shellcheck for every script, tools/lint.py for the
# rest; whether the page of kernels is what was tested and README's numbers are those of
# the report; and the tests of these tools
# and of the tally itself.
source "$(dirname "$0")/../lib/stage.sh"

while read -r script; do
  check "shellcheck $script" shellcheck -x -P SCRIPTDIR -P . "$script"
done < <(grep -rlE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' scripts .ci | sort)

check "tools/lint.py" "$PYTHON" tools/lint.py
check "docs/kernel-support.md" "$PYTHON" scripts/lib/kernel_support.py check
check "README.md's numbers" "$PYTHON" scripts/bench/highlights.py check
"$PYTHON" -m pytest -p no:cacheprovider --junitxml="$BMC_RESULTS/tools.xml" tools scripts/lib scripts/bench ||
  checks_failed=$((checks_failed + 1))
finish

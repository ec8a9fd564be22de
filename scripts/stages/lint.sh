#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Style that compilers do not see: shellcheck for every script, tools/lint.py for the rest.
source "$(dirname "$0")/../lib/stage.sh"

while read -r script; do
  check "shellcheck $script" shellcheck -x -P SCRIPTDIR -P . "$script"
done < <(grep -rlE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' scripts .ci | sort)

if [[ -e tools/lint.py ]]; then
  check "tools/lint.py" python3 tools/lint.py
fi
if compgen -G 'tools/*test*.py' >/dev/null; then
  python3 -m pytest -q -p no:cacheprovider --junitxml="$BMC_RESULTS/tools.xml" tools ||
    checks_failed=$((checks_failed + 1))
fi
finish

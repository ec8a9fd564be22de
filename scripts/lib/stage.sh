# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What test stages share. A stage is run by scripts/test.sh, which sets BMC_BUILD,
# BMC_ASAN, BMC_JOBS and BMC_RESULTS, the stage's folder: results go there as JUnit
# files or through check, and scripts/lib/tally.py counts them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

checks_failed=0

# record OUTCOME NAME [DETAIL]
record() {
  printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" >>"$BMC_RESULTS/checks.tsv"
  say "$1: $2"
}

# check NAME COMMAND...: a test that is one command; passed if it exits with 0.
check() {
  local name=$1 log
  shift
  log="$(tr -c 'a-zA-Z0-9.\n' '-' <<<"$name").log"
  if "$@" >"$BMC_RESULTS/$log" 2>&1; then
    record passed "$name"
  else
    record failed "$name" "$log"
    checks_failed=$((checks_failed + 1))
  fi
}

# run_gtest BINARY: counts each of its tests; what a crash leaves uncounted is one failure.
run_gtest() {
  local name code=0
  name=$(basename "$1")
  "$1" --gtest_brief=1 --gtest_output="xml:$BMC_RESULTS/$name.xml" \
    >"$BMC_RESULTS/$name.log" 2>&1 || code=$?
  cat "$BMC_RESULTS/$name.log"
  if [[ $code -eq 77 ]]; then
    record skipped "$name" "$(tail -n 1 "$BMC_RESULTS/$name.log")"
  elif [[ ! -s $BMC_RESULTS/$name.xml ]]; then
    record failed "$name ended with $code" "$name.log"
    checks_failed=$((checks_failed + 1))
  elif [[ $code -ne 0 ]]; then
    checks_failed=$((checks_failed + 1))
  fi
}

# run_pytest FOLDER...: of tests/, one after the other. $junit names the results' file.
run_pytest() {
  (cd tests && "$PYTHON" -m pytest --junitxml="$BMC_RESULTS/${junit-pytest}.xml" \
    -o junit_logging=all -o faulthandler_timeout=120 "$@")
}

# unit_tests_in BUILD_FOLDER: every gtest binary that needs neither root nor a kernel.
unit_tests_in() {
  find "$1" -maxdepth 1 -name 'bmc_*_tests' -not -name bmc_bpf_tests -type f -perm -u+x | sort
}

finish() { [[ $checks_failed -eq 0 ]]; }

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The builds with sanitizers: build-asan/ (AddressSanitizer, UBSan) and build-tsan/.

# Any report ends the program; addr2line comes with the compiler, llvm-symbolizer may not.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
if ! command -v llvm-symbolizer-19 >/dev/null; then
  export ASAN_SYMBOLIZER_PATH=/usr/bin/addr2line
fi

# build_sanitized PRESET PATTERN: the targets whose names match it, bmc_bpf_tests apart.
build_sanitized() {
  local targets
  cmake --preset "$1" >/dev/null || return
  mapfile -t targets < <(ninja -C "$BMC_ROOT/build-$1" -t targets all | cut -d: -f1 |
    grep -E "$2" | grep -vx bmc_bpf_tests | sort -u)
  [[ ${#targets[@]} -gt 0 ]] || { say "no target matches $2"; return 1; }
  build_preset "$1" "$BMC_JOBS" "${targets[@]}"
}

# Each process writes its reports to a file of its own in the stage's results.
keep_reports() {
  local option=log_path=$BMC_RESULTS/report
  export ASAN_OPTIONS=$ASAN_OPTIONS:$option UBSAN_OPTIONS=$UBSAN_OPTIONS:$option
  export TSAN_OPTIONS=$TSAN_OPTIONS:$option
}

no_report() {
  local reports
  reports=$(find "$BMC_RESULTS" -name 'report.*')
  [[ -z $reports ]] || { xargs cat <<<"$reports"; return 1; }
}

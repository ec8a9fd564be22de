# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The sanitizer build, of which only tests that need no kernel are wanted.

# Any report ends the test; addr2line comes with the compiler, llvm-symbolizer may not.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if ! command -v llvm-symbolizer-19 >/dev/null; then
  export ASAN_SYMBOLIZER_PATH=/usr/bin/addr2line
fi

# build_asan PATTERN: the targets whose names match it, bmc_bpf_tests apart.
build_asan() {
  local targets
  cmake --preset asan >/dev/null || return
  mapfile -t targets < <(ninja -C "$BMC_ASAN" -t targets all | cut -d: -f1 |
    grep -E "$1" | grep -vx bmc_bpf_tests | sort -u)
  [[ ${#targets[@]} -gt 0 ]] || { say "no target matches $1"; return 1; }
  build_preset asan "$BMC_JOBS" "${targets[@]}"
}

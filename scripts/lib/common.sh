# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What every script here starts with: strict mode, the project's root as the
# working directory, messages, and how BMC is built.
set -euo pipefail

BMC_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export BMC_ROOT
cd "$BMC_ROOT"

# The tools of an administrator (ip, tc, ethtool, bpftool) are not in every PATH.
export PATH="$PATH:/usr/sbin:/sbin"

# Debian's, whatever else is first in the PATH: its packages are what deps.sh installs.
export PYTHON=/usr/bin/python3

say() { printf '%s\n' "$*"; }

# die MESSAGE [HINT]: as bmc itself does it, what failed and then what to do.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  [[ $# -lt 2 ]] || printf '  try: %s\n' "$2" >&2
  exit 2
}

need_root() {
  [[ $EUID -eq 0 ]] || die "$1 needs root" "sudo $0"
}

# Before anything is installed for nothing.
need_kernel() {
  [[ $(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1) == 6.6 ]] ||
    die "this is Linux $(uname -r); BMC needs 6.6" \
      "on Debian 12: apt install -t bookworm-backports linux-image-amd64"
}

# build_preset PRESET JOBS [TARGET...]: configures and builds; every target if none is named.
build_preset() {
  local preset=$1 jobs=$2 targets=()
  shift 2
  [[ $# -eq 0 ]] || targets=(--target "$@")
  cmake --preset "$preset" >/dev/null &&
    cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# deps.sh [--check] [demo|fleet|bench|test|kernels]: installs the Debian 12 packages that are missing,
# those for the demo, for the demo of a fleet, for scripts/bench.sh, for scripts/test.sh (the default), or for
# scripts/kernels.sh as well. Does nothing if nothing is missing, and then needs neither root nor a network.
# --check only tells; exit 1: some are missing.
source "$(dirname "$0")/lib/common.sh"

build_packages=(
  cmake ninja-build g++ pkg-config
  clang-19 bpftool linux-libc-dev
  libbpf-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libasio-dev libgtest-dev
)
demo_packages=("${build_packages[@]}" memcached iproute2 ethtool python3)
fleet_packages=("${demo_packages[@]}" python3-pylibmc)
bench_packages=("${demo_packages[@]}" gnuplot-nox fonts-dejavu-core)
test_packages=(
  "${fleet_packages[@]}"
  "${bench_packages[@]}"
  libclang-rt-19-dev # AddressSanitizer and libFuzzer
  shellcheck
  python3-pytest python3-pytest-rerunfailures python3-scapy python3-pymemcache libmemcached-tools
  nftables
)
kernels_packages=(
  "${test_packages[@]}"
  qemu-system-x86 busybox-static cpio kmod xz-utils # other kernels in a virtual machine
)

missing_of() {
  local package status
  for package in "$@"; do
    # shellcheck disable=SC2016 # ${Status} is dpkg-query's
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [[ $status == *' installed' ]] || say "$package"
  done
}

update_lists() {
  local try
  for try in 1 2 3; do
    apt-get -q update && return
    say "apt-get update failed (try $try of 3)"
    sleep $((try * 5))
  done
  die "the package lists cannot be fetched" "apt-get update, and see what it says"
}

# Debian starts a service when its package is installed. A machine that had no
# memcached shall not have one listening because a demo was run.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    made_policy=$policy
    # shellcheck disable=SC2064 # the path as it is now
    trap "rm -f $policy" EXIT
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
  [[ -z $made_policy ]] || rm -f "$made_policy"
  if [[ " $* " == *' memcached '* ]] && command -v systemctl >/dev/null; then
    systemctl -q disable memcached 2>/dev/null || true
  fi
}

main() {
  local check='' set=test packages missing
  while [[ $# -gt 0 ]]; do
    case $1 in
      --check) check=yes ;;
      -h | --help) sed -n '4,/^[^#]/s/^# \?//p' "$0" && exit ;;
      demo | fleet | bench | test | kernels) set=$1 ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
  case $set in
    demo) packages=("${demo_packages[@]}") ;;
    fleet) packages=("${fleet_packages[@]}") ;;
    bench) packages=("${bench_packages[@]}") ;;
    test) packages=("${test_packages[@]}") ;;
    kernels) packages=("${kernels_packages[@]}") ;;
  esac

  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system" "install by hand what stands at the top of scripts/deps.sh"
  mapfile -t missing < <(missing_of "${packages[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ -n $check ]]; then
    say "missing: ${missing[*]}"
    return 1
  fi
  need_root "installing ${missing[*]}"
  say "installing: ${missing[*]}"
  update_lists
  install_quietly "${missing[@]}"
}

main "$@"

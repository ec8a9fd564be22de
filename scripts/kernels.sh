#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The tests that depend on the kernel, on Debian's kernels besides the running one.
# See usage below and docs/testing.md.
source "$(dirname "$0")/lib/common.sh"
source scripts/lib/kernel_package.sh
source scripts/lib/kernel_vm.sh

# Which kernels: Debian's release, and whether BMC supports it.
declare -A suites=([6.12]=trixie [6.1]=bookworm)
declare -A expected=([6.12]=supported [6.1]=refused)

# In a guest, name and limit in seconds: emulation is ten times slower than the machine.
supported_stages=("unit 600" "bpf 600" "cli 300" "sr 900" "net 7200" "lin 2400" "kernel-log 60")
refused_stages=("refused 300" "kernel-log 60")
boot_seconds=120

# What --all adds, for an hour or two: files that depend on the kernel no more than those that are
# run. wire: shapes of packets, which bmc_bpf_tests has too; lifecycle: the daemon's own life; the
# others: whether the tests can fail, and the harness.
left_out='--ignore=net/test_wire.py --ignore=net/test_lifecycle.py --ignore=net/test_switches.py --ignore=net/test_bench_report.py'
left_out+=' --ignore=net/test_writes_unhandled.py --ignore=harness/test_harness.py'
left_out+=' --ignore=net/test_fleet_demo.py'
write_rounds=10

folder_of() { printf '%s\n' "$BMC_ROOT/build/kernels/$1"; }

usage() {
  cat <<'END'
usage: scripts/kernels.sh [--kernel VERSION[,VERSION...]] [--only STAGE[,STAGE...]]
                          [--all] [--update] [--record] [--mirror URL]

Tests BMC on other kernels than the running one. Each kernel comes from Debian's package,
is not installed, and runs in a virtual machine that is emulated (qemu, TCG: no KVM is
needed). The guest has no network and sees this machine's files read only; what it
writes is lost, apart from its results.

  --kernel   which: 6.12 (Debian 13, supported), 6.1 (Debian 12, which BMC has to refuse),
             running (recorded from the last scripts/test.sh, not tested again).
             Default: 6.12,6.1
  --only     only these stages: unit bpf cli sr net lin kernel-log,
             for a kernel that is refused: refused kernel-log
  --update   fetch the package again, if Debian has a newer one
  --record   write docs/kernels/VERSION.json and the table of docs/kernel-support.md from
             the results; stages that --only left out count as they were last
  --all      of net too what is left out for the time it takes (hours)
  --mirror   Debian's packages, default http://deb.debian.org/debian

Needs root and what scripts/test.sh --only build has made; the first run downloads about
200 MB. Everything is kept in build/kernels/VERSION/: console.log is what the guest
printed, results/STAGE/ what each stage did. The last line is "N passed, N failed,
N skipped" over all kernels. Exit code 0: all as expected, 1: a test failed, or the guest did not
get to its end, 2: usage, or the machine lacks something.

PYTEST_ADDOPTS and BMC_TCP_FLOWS (net/test_tcp_scale.py) are handed to the guest.

Example: scripts/kernels.sh --kernel 6.12 --only bpf
END
}

kernels=(6.12 6.1) only='' update='' record='' mirror=http://deb.debian.org/debian
guest='' watcher='' # process ids

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --kernel) IFS=, read -ra kernels <<<"${2:?--kernel which version?}" && shift ;;
      --only) only=${2:?--only which stage?} && shift ;;
      --mirror) mirror=${2:?--mirror which URL?} && shift ;;
      --all) left_out='' write_rounds=100 ;;
      --update) update=yes ;;
      --record) record=yes ;;
      -h | --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift
  done
  local version stage
  for version in "${kernels[@]}"; do
    [[ $version == running || -n ${suites[$version]-} ]] ||
      die "there is no kernel '$version'" "one of ${!suites[*]} running"
  done
  for stage in ${only//,/ }; do
    [[ " ${supported_stages[*]} ${refused_stages[*]} " == *" $stage "* && $stage != [0-9]* ]] ||
      die "there is no stage '$stage'" "$0 --help"
  done
}

# stages_of VERSION: "name limit" for each that is asked for.
stages_of() {
  local -n all=${expected[$1]}_stages
  local stage
  for stage in "${all[@]}"; do
    if [[ -z $only || ",$only," == *",${stage% *},"* ]]; then
      say "$stage"
    fi
  done
}

# fetch VERSION: unless it is there.
fetch() {
  local version=$1 folder
  folder=$(folder_of "$version")
  mkdir -p "$folder"
  if [[ -n $update || ! -e $folder/fetched ]]; then
    rm -f "$folder/fetched"
    say "fetching Linux $version of Debian's ${suites[$version]}"
    (package_fetch "$folder" "${suites[$version]}" "$mirror") >"$folder/fetch.log" 2>&1 ||
      die "Linux $version cannot be fetched: $(tail -n 1 "$folder/fetch.log")" "see $folder/fetch.log"
    touch "$folder/fetched"
  fi
}

release_of() { basename "$(folder_of "$1")"/modules/lib/modules/*; }

# Shows what the guest says of its stages until qemu has ended.
watch_console() {
  tail -n +1 --follow=name --retry --pid="$guest" "$1/console.log" 2>/dev/null |
    sed -un -e 's/\r$//' -e '/^vm: done$/d' -e 's/^vm: //p'
}

# boot VERSION STAGES LIMIT; returns whether the guest came to its end.
boot() {
  local folder stage start=$SECONDS
  folder=$(folder_of "$1")
  mkdir -p "$folder/results"
  for stage in ${2//,/ }; do rm -rf "$folder/results/${stage%:*}"; done
  printf '%s\n' "$left_out" >"$folder/results/left-out"
  : >"$folder/console.log"
  vm_make_initramfs "$folder" "$(release_of "$1")"
  (vm_exec "$folder" "$(release_of "$1")" "$3" BMC_STAGES="$2" PYTEST_ADDOPTS="$left_out ${PYTEST_ADDOPTS-}" \
    BMC_WRITE_ROUNDS="$write_rounds" BMC_TCP_FLOWS="${BMC_TCP_FLOWS-2000}") >"$folder/qemu.log" 2>&1 </dev/null &
  guest=$!
  watch_console "$folder" &
  watcher=$!
  wait "$guest" || true
  wait "$watcher" || true
  guest=''
  say "   the guest ran for $((SECONDS - start)) s"
  tr -d '\r' <"$folder/console.log" | grep -qx 'vm: done' && return
  say "   it did not get to its end; its last words ($folder/console.log):"
  tail -n 20 "$folder/qemu.log" "$folder/console.log"
  return 1
}

end_guest() {
  [[ -n $guest ]] || return 0
  kill -TERM "$guest" 2>/dev/null || true
  wait "$guest" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  guest=''
}

interrupted() {
  say "interrupted"
  end_guest
  exit 130
}

# run_kernel VERSION: returns whether its guest came to its end.
run_kernel() {
  local version=$1 stages='' limit=$boot_seconds name seconds
  fetch "$version"
  while read -r name seconds; do
    stages+=${stages:+,}$name:$seconds
    limit=$((limit + seconds + 30))
  done < <(stages_of "$version")
  say "=== Linux $version ($(release_of "$version")), ${expected[$version]}"
  boot "$version" "$stages" "$limit"
}

# Folders of a kernel's stages, those that did not run among them: they have failed.
stage_folders() {
  local version=$1 results name
  results=$(folder_of "$version")/results
  while read -r name _; do
    if [[ ! -e $results/$name/tally.json ]]; then
      mkdir -p "$results/$name"
      "$PYTHON" scripts/lib/tally.py stage "$results/$name" 0 0 0 >/dev/null || true
    fi
    say "$results/$name"
  done < <(stages_of "$version")
}

main() {
  parse "$@"
  need_root "a virtual machine that reads all of this machine's files"
  scripts/deps.sh kernels
  [[ -x build/bmc && -x build/bmc_bpf_tests ]] || die "nothing is built" "scripts/test.sh --only build"
  trap interrupted INT TERM HUP
  trap end_guest EXIT

  local version folders=() code=0
  for version in "${kernels[@]}"; do
    if [[ $version != running ]]; then
      run_kernel "$version" || code=1
      mapfile -t -O ${#folders[@]} folders < <(stage_folders "$version")
    fi
    [[ -z $record ]] || record_kernel "$version"
  done
  [[ -z $record ]] || "$PYTHON" scripts/lib/kernel_support.py page
  [[ ${#folders[@]} -eq 0 ]] || "$PYTHON" scripts/lib/tally.py total "${folders[@]}" || code=1
  return $code
}

record_kernel() {
  if [[ $1 == running ]]; then
    "$PYTHON" scripts/lib/kernel_support.py record build/test-results --release "$(uname -r)" \
      --machine "the running one, $(nproc) CPUs"
  else
    "$PYTHON" scripts/lib/kernel_support.py record "$(folder_of "$1")/results" \
      --machine "emulated, 2 CPUs; kernel of Debian ${suites[$1]}" --expected "${expected[$1]}"
  fi
}

main "$@"

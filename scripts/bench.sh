#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench.sh [--quick] [--only NAME,...] [--rounds N] [--out DIR]: measures memcached and memcached-sr,
# without and with BMC, and writes a report.
started_in=$PWD # of which relative folders are meant
source "$(dirname "$0")/lib/common.sh"

out=$BMC_ROOT/docs/report build=yes measures=yes options=()

usage() {
  cat <<END
NAME
  bench.sh - measure memcached and memcached-sr, without and with BMC, and write a report

SYNOPSIS
  scripts/bench.sh [--quick] [--only NAME[,NAME...]] [--rounds N] [--seconds N] [--out DIR] [--no-build]
  scripts/bench.sh --list
  scripts/bench.sh --report DIR

DESCRIPTION
  Runs every experiment on this machine: two network namespaces joined by veth are client and
  server. Each side of an experiment has a cable, a memcached and a cache of its own. Sides
  alternate within a round, and a round is all experiments once. Progress and an estimate of the
  time that is left go to standard error.

  It needs root, two CPUs, and a machine that has nothing else to do: everything else that runs is
  measured, too. It installs missing packages (scripts/deps.sh bench) and builds into build/.

OPTIONS
  --quick       one round of short loads with some of the points and sides, in three minutes;
                to see that all of it works, not for figures to quote
  --only NAMES  these experiments only
  --rounds N    how often each side is measured (5; with --quick 1)
  --seconds N   length of a load; some experiments take a multiple of it (1)
  --out DIR     where the report goes (docs/report)
  --no-build    take build/ as it is
  --list        name the experiments, and measure nothing
  --report DIR  write report.md and the plots of DIR/results.json again, and measure nothing

FILES
  report.md     the machine, the commit, who is ahead and behind, a table for every metric
  results.json  every measurement of every round
  *.svg         plots, for paper without colours

SIGNALS
  Ctrl-C ends the run and cleans up; the report is of what was measured until then, and says so.

EXIT STATUS
  0 all was measured, 1 some of it failed (the report says what), 2 usage, 130 interrupted

EXAMPLES
  sudo scripts/bench.sh                              # everything, about an hour
  sudo scripts/bench.sh --quick --out /tmp/report
  sudo scripts/bench.sh --only multiget,costs --rounds 9 --out /tmp/report

SEE ALSO
  docs/benchmarks.md
END
}

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --quick) options+=("$1") ;;
      --list) options+=("$1") && measures='' ;;
      --report) options+=("$1" "$(realpath "${2:?--report which folder?}")") && measures='' && shift ;;
      --only | --rounds | --seconds) options+=("$1" "${2:?$1 what?}") && shift ;;
      --out) out=$(realpath -m "${2:?--out which folder?}") && shift ;;
      --no-build) build='' ;;
      -h | --help) usage && exit ;;
      *) die "unknown argument '$1'" "$0 --help" ;;
    esac
    shift
  done
}

main() {
  cd "$started_in"
  parse "$@"
  cd "$BMC_ROOT"
  if [[ -n $measures ]]; then
    need_root "making network namespaces and loading BPF programs"
    if [[ -n $build ]]; then
      scripts/deps.sh bench
      build_preset release "$(nproc)" bmc memcached-sr memcached_sr_preload >&2
    fi
  fi
  exec "$PYTHON" scripts/bench/main.py "${options[@]}" --out "$out"
}

main "$@"

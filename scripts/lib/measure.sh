# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
source scripts/lib/lab.sh

FACTS= # the folder of a run's measurements, set by who measures

# measure ROW VARIANT ROUND COMMAND...: runs one load of `bmc bench` in the lab and keeps,
# as files named FACTS/ROW.VARIANT.ROUND.*, what it reported (load), the CPU time of
# memcached and of the whole machine (cpu), and BMC's counters (before, after).
# scripts/lib/demo_table.py makes figures of them.

# Clock ticks of memcached, then of the machine: all, and all but idle and waiting; then the
# busy ones of all CPUs but the first, where the server is if the hosts are apart.
cpu_ticks() {
  awk 'FILENAME != "/proc/stat" { memcached = $14 + $15; next }
       /^cpu/ { ticks = 0; for (i = 2; i <= 9; i++) ticks += $i; active = ticks - $5 - $6 }
       $1 == "cpu" { all = ticks; busy = active }
       /^cpu[1-9]/ { others += active }
       END { print memcached, all, busy, others + 0 }' "/proc/$lab_memcached/stat" /proc/stat
}

bmc_counters() {
  if [[ -n $lab_bmc ]]; then
    build/bmc stats --name "$lab_id" --json >"$1"
  fi
}

measure() {
  local facts=$FACTS/$1.$2.$3 code=0
  shift 3
  bmc_counters "$facts.before"
  cpu_ticks >"$facts.cpu"
  on_client build/bmc bench "$@" --json "$facts.load" >"$facts.log" 2>&1 || code=$?
  cpu_ticks >>"$facts.cpu"
  bmc_counters "$facts.after"
  if [[ $code -ne 0 ]]; then
    cat "$facts.log" >&2
    die "the load found a wrong reply or could not run: bmc bench $*"
  fi
}

# measure_best ROW VARIANT ROUND COMMAND...: measures with the hosts mixed and apart (lab.sh) and
# keeps the better: what is compared should not lose to how two hosts share a few CPUs.
measure_best() { measure_both_ways 'max' 'load["throughput_rps"]' "$@"; }

# The same where the rate is given: the better has the lower 99th percentile.
measure_quickest() { measure_both_ways 'min' 'load["latency_us"]["p99"]' "$@"; }

# measure_both_ways max|min EXPRESSION ROW VARIANT ROUND COMMAND...
measure_both_ways() {
  local which=$1 expression=$2
  shift 2
  local kept=$FACTS/$1.$2.$3 way
  if [[ $(nproc) -lt 2 ]]; then
    measure "$@"
    echo mixed >"$kept.placement"
    return
  fi
  hosts_mixed
  measure "$1" "$2_mixed" "${@:3}"
  hosts_apart
  measure "$1" "$2_apart" "${@:3}"
  hosts_mixed
  way=$("$PYTHON" -c "import json, sys
def worth(way):
    load = json.load(open(way + '.load'))
    return $expression
print($which(sys.argv[1:], key=worth))" "$FACTS/$1.$2_mixed.$3" "$FACTS/$1.$2_apart.$3")
  local file
  for file in "$way".*; do cp "$file" "$kept${file#"$way"}"; done
  [[ $way == *_mixed.* ]] && echo mixed >"$kept.placement" || echo apart >"$kept.placement"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# lab_server.sh FACTS: the lab of scripts/lib/lab.sh, at the command of lab.py. Each line of
# standard input is one call of a function below or in scripts/lib; the answer is "done". The
# first one that fails ends the lab, and so does the end of the input; either way nothing is
# left behind. What the commands say goes to FACTS/lab.log.
source "$(dirname "$0")/../lib/common.sh"
source scripts/lib/measure.sh

FACTS=${1:?which folder takes the facts?}
beside= # process ids: a neighbour, and what holds the program at the client's end
passer=

clean_up() {
  trap '' INT TERM HUP
  exec 3>&- >>"$FACTS/lab.log" 2>&1 # nobody waits for what is left to say
  [[ -z $beside ]] || end_process "$beside"
  take_no_frames
  bmc_down
  [[ -z $lab_memcached ]] || kill -KILL "$lab_memcached" || true # in order, it would take a second
  lab_down
}

# serve KIND CPUS OPTION...: memcached or memcached-sr ("stock", "sr"), on these CPUs ("all").
serve() {
  local program=memcached pin=()
  [[ $1 == stock ]] || program=build/memcached-sr
  [[ $2 == all ]] || pin=(taskset --cpu-list "$2")
  "${enter_server[@]}" "${pin[@]}" "$program" -u nobody -p "$lab_port" -U "$lab_port" "${@:3}" \
    </dev/null &
  lab_memcached=$!
  wait_until 10 memcached_listens || die "$program does not start"
}

# attach OPTION...: of bmc run.
attach() {
  bmc_up "$FACTS/bmc.log" --clients 192.0.2.0/24 "$@"
  if [[ " $* " == *' xdp '* ]]; then
    take_frames
  fi
}

# Sockets behind a veth get what XDP sends back only if that end has a program, too.
take_frames() {
  nsenter --net="/run/netns/$lab_client" "$PYTHON" scripts/bench/xdp_pass.py client </dev/null &
  passer=$!
  wait_until 10 frames_are_taken || die "the client's end takes no XDP program"
}

frames_are_taken() { ip -n "$lab_client" link show client | grep -q prog/xdp; }

# The generator of bmc bench brings a program of its own.
take_no_frames() {
  [[ -z $passer ]] || end_process "$passer"
  passer=
}

# unmeasured KIND OPTION...: a load that makes ready; what it finds does not count.
unmeasured() {
  on_client build/bmc bench "$1" "$lab_address:$lab_port" "${@:2}" >"$FACTS/unmeasured.log" 2>&1 ||
    { cat "$FACTS/unmeasured.log" && die "an unmeasured load failed"; }
}

# load PLACEMENT NAME ROUND KIND OPTION...: one measured load, as files FACTS/load.NAME.ROUND.*
load() {
  local how=measure to=("$lab_address:$lab_port")
  echo "$1" >"$FACTS/load.$2.$3.placement"
  case $1 in
    best) how=measure_best ;; # writes which
    apart) hosts_apart ;;
  esac
  if [[ $4 == kernel ]]; then
    take_no_frames
    to=(-i client --to "$lab_address" --port "$lab_port")
  fi
  "$how" load "$2" "$3" "$4" "${to[@]}" "${@:5}"
  hosts_mixed
}

# neighbour KIND SECONDS: something else that wants this machine, from now on for so long. What
# it came to is in FACTS/neighbour. It begins a little late and ends a little early, so that all
# of it lies within the load.
neighbour() {
  rm -f "$FACTS/neighbour"
  case $1 in
    cpu) (sleep 0.3 && "$PYTHON" scripts/bench/spin.py "$2" >"$FACTS/neighbour") & ;;
    net) network_neighbour "$2" & ;;
  esac
  beside=$!
}

# Another memcached that is asked for long values over TCP.
network_neighbour() {
  local port=$((lab_port + 1)) server
  "${enter_server[@]}" memcached -u nobody -t 1 -p "$port" -m 256 </dev/null &
  server=$!
  # shellcheck disable=SC2064 # the process as it is now
  trap "kill $server 2>/dev/null || true" EXIT
  trap 'exit 143' TERM
  wait_until 10 on_server bash -c "exec 3<>/dev/tcp/$lab_address/$port"
  on_client build/bmc bench tcp "$lab_address:$port" --preload --keys 1000 --value-bytes 8192 \
    --connections 8 --seconds "$1s" --json "$FACTS/neighbour" >/dev/null
}

neighbour_over() {
  wait "$beside"
  beside=
}

# memcached_stats: as "name value" lines in FACTS/memcached.
memcached_stats() {
  # shellcheck disable=SC2016 # the inner shell expands it
  on_server bash -c 'exec 3<>"/dev/tcp/$0/$1"; printf "stats\r\nquit\r\n" >&3; cat <&3' \
    "$lab_address" "$lab_port" | tr -d '\r' | sed -n 's/^STAT //p' >"$FACTS/memcached"
}

main() {
  exec 3>&1
  trap clean_up EXIT
  trap 'exit 143' INT TERM HUP
  local line
  while IFS= read -r line; do
    eval "$line" </dev/null >>"$FACTS/lab.log" 2>&1 3>&-
    say "done" >&3
  done
}

main

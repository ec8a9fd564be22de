# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# How each figure of docs/performance.md is measured. figure_N ROUND measures both sides
# once and keeps what `bmc bench` reports as FACTS/FIGURE.SIDE.ROUND.load, beside BMC's
# counters before and after. scripts/lib/figures_table.py makes the figures of them.
source scripts/lib/measure.sh

: "${seconds:?is set by who measures}"
figure_echo= # process id
round_now= # for the table
warm_seconds=3

figures_down() {
  echo_down
  lab_down
}

# memcached_fresh [OPTION...]: a memcached that holds nothing.
memcached_fresh() {
  [[ -z $lab_memcached ]] || end_process "$lab_memcached"
  "${enter_server[@]}" memcached -u nobody -p "$lab_port" -U "$lab_port" -m 2048 "$@" </dev/null &
  lab_memcached=$!
  wait_until 10 memcached_listens || die "memcached does not start"
}

# bmc_at HOOK [OPTION...]
bmc_at() {
  bmc_up "$FACTS/bmc.log" --hook "$1" --clients 192.0.2.0/24 "${@:2}"
}

# warm OPTION...: stores the keys and asks for each often enough to be filled.
warm() { warm_over udp "$@"; }

# warm_over udp|tcp OPTION...
warm_over() {
  local transport=$1
  shift
  on_client build/bmc bench "$transport" "$lab_address:$lab_port" --preload --seconds "$warm_seconds" --uniform "$@" \
    >"$FACTS/warm.log" 2>&1 || { cat "$FACTS/warm.log" >&2 && die "the warm-up failed"; }
}

# Gets that the kernel makes and counts on the client's side of the cable.
generate() {
  local name=$1
  shift
  measure "${name%%.*}" "${name#*.}" "$round_now" kernel -i client --to "$lab_address" \
    --port "$lab_port" --seconds "${seconds}s" "$@"
}

# fill KEYS OPTION...: stores the keys, and has the generator ask for them until the cache holds
# all but what finds no room in its bucket: what is filled during a measurement costs a part of it.
fill() {
  local keys=$1 preload=--preload seconds items
  shift
  for ((seconds = 1; seconds <= 30; seconds++)); do
    on_client build/bmc bench kernel -i client --to "$lab_address" --port "$lab_port" --uniform \
      $preload --keys "$keys" "$@" --seconds 1s >"$FACTS/fill.log" 2>&1 ||
      { cat "$FACTS/fill.log" >&2 && die "the keys cannot be stored and asked for"; }
    preload=
    items=$(build/bmc stats --name "$lab_id" --json |
      "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["items"])')
    ((items * 100 < keys * 99)) || return 0
  done
  die "only $items of $keys keys are cached after $((seconds - 1)) s of gets"
}

# The least an XDP program can do: turn the datagram round, as long as a reply would be.
echo_up() {
  "${enter_server[@]}" build/bmc bench echo -i server --port "$lab_port" --reply-bytes "$1" \
    </dev/null >/dev/null 2>&1 &
  figure_echo=$!
  sleep 0.5
}

echo_down() {
  [[ -z $figure_echo ]] || end_process "$figure_echo"
  figure_echo=
}

# against_echo FIGURE REPLY_BYTES KEYS VALUE_BYTES
against_echo() {
  local figure=$1 reply_bytes=$2 items=(--keys "$3" --value-bytes "$4")
  memcached_fresh -t 2
  bmc_at xdp
  fill "$3" --value-bytes "$4"
  generate "$figure.bmc" "${items[@]}"
  generate "$figure.uniform" "${items[@]}" --uniform
  bmc_down
  echo_up "$reply_bytes"
  generate "$figure.echo" "${items[@]}"
  echo_down
}

figure_F1() {
  round_now=$1
  against_echo F1 76 10000 32
}

# Stock memcached on both CPUs, asked in every way that we know: the best counts. Then BMC,
# asked by a generator on one CPU and by generators on both.
figure_F2() {
  round_now=$1
  memcached_fresh -t 2
  warm --keys 10000
  local threads
  for threads in 1 2; do
    generate "F2.generated$threads" --keys 10000 --threads "$threads"
  done
  for threads in 1 2; do
    measure_best F2 "sockets$threads" "$1" udp "$lab_address:$lab_port" --keys 10000 \
      --threads "$threads" --connections "$threads" --outstanding 64 --seconds "${seconds}s"
  done
  bmc_at xdp
  warm --keys 10000
  generate F2.bmc1 --keys 10000 --threads 1 --cpu 0
  generate F2.bmc2 --keys 10000 --threads 2 --cpu 0,1
  bmc_down
}

figure_F3() {
  round_now=$1
  against_echo F3 447 200000 400
}

figure_F4() {
  local client=(udp "$lab_address:$lab_port" --keys 10000 --threads 1 --connections 1
    --outstanding 64 --seconds "${seconds}s")
  memcached_fresh -t 2
  warm --keys 10000
  measure_best F4 stock "$1" "${client[@]}"
  bmc_at tc
  warm --keys 10000
  measure_best F4 bmc "$1" "${client[@]}"
  bmc_down
}

figure_F5() {
  round_now=$1
  memcached_fresh -t 2
  bmc_at xdp
  warm --keys 10
  generate F5.one --keys 10 --single-key --threads 1 --cpu 0
  generate F5.two --keys 10 --single-key --threads 2 --cpu 0,1
  bmc_down
}

# TCP traffic that BMC sees and does not serve.
figure_F6() {
  local mix=(tcp "$lab_address:$lab_port" --keys 10000 --connections 64 --mix 50:50
    --seconds "${seconds}s")
  memcached_fresh -t 2
  warm --keys 10000
  measure F6 stock "$1" "${mix[@]}"
  bmc_at tc --tcp off
  measure F6 unmeasured "$1" "${mix[@]}" # so that every key was met once
  measure F6 bmc "$1" "${mix[@]}"
  bmc_down
}

# 64 clients, each with one request under way: a get over UDP or a set over TCP.
figure_F7() {
  memcached_fresh -t 2
  bmc_at tc
  warm --keys 10000
  local mix
  for mix in 90:10 50:50; do
    measure F7 "mix${mix%:*}" "$1" udp "$lab_address:$lab_port" --keys 10000 --mix "$mix" \
      --connections 64 --outstanding 1 --seconds "${seconds}s"
  done
  bmc_down
}

# As many items as 256 MiB hold: each of 1.6 million keys is asked for until it is filled.
figure_F8() {
  [[ $1 -eq 1 ]] || return 0
  memcached_fresh -t 2
  bmc_at tc --memory 256M
  on_client build/bmc bench udp "$lab_address:$lab_port" --keys 1600000 --key-bytes 16 \
    --value-bytes 100 --uniform --preload --seconds 90s --outstanding 256 \
    >"$FACTS/warm.log" 2>&1 || cat "$FACTS/warm.log" >&2
  bmc_counters "$FACTS/F8.bmc.$1.after"
  bmc_down
}

# From an empty cache at full client rate: the hit rate, ten times a second.
figure_F9() {
  memcached_fresh -t 2
  on_client build/bmc bench udp "$lab_address:$lab_port" --keys 100000 --preload --seconds 1s \
    >/dev/null
  bmc_at tc
  "$PYTHON" scripts/lib/watch_hits.py "$lab_id" 12 >"$FACTS/F9.bmc.$1.series" &
  local watcher=$!
  on_client build/bmc bench udp "$lab_address:$lab_port" --keys 100000 --seconds 12s >/dev/null
  wait "$watcher"
  bmc_down
}

figure_F10() {
  local client=(udp "$lab_address:$lab_port" --keys 10000 --key-bytes 32 --value-bytes 10 --multiget 24
    --threads 1 --outstanding 16 --seconds "${seconds}s")
  memcached_fresh -t 2
  warm --keys 10000 --key-bytes 32 --value-bytes 10
  measure_best F10 stock "$1" "${client[@]}"
  bmc_at tc
  warm --keys 10000 --key-bytes 32 --value-bytes 10
  measure_best F10 bmc "$1" "${client[@]}"
  bmc_down
}

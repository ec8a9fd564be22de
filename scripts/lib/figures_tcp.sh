# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The figures of clients over TCP: figure_TN ROUND, as in scripts/lib/figures.sh. Each has a
# side "stock" and a side "bmc", which differ in nothing but BMC before memcached.
source scripts/lib/figures.sh

# served_over_tcp SIDE [OPTION of warm...]: the server of one side, its keys stored and asked for.
served_over_tcp() {
  local side=$1
  shift
  memcached_fresh -t 2
  [[ $side == stock ]] || bmc_at tc --tcp on
  warm_over tcp --keys 10000 "$@"
}

# tcp_sides FIGURE ROUND HOW BENCH_OPTION...: HOW is measure, measure_best or measure_quickest.
tcp_sides() {
  local figure=$1 how=$3 side
  round_now=$2
  shift 3
  for side in stock bmc; do
    served_over_tcp "$side" "${tcp_items[@]}"
    "$how" "$figure" "$side" "$round_now" tcp "$lab_address:$lab_port" --keys 10000 \
      "${tcp_items[@]}" --seconds "${seconds}s" "$@"
    bmc_down
  done
}

tcp_items=() # options of the items, the same at the warm-up

figure_T1() { tcp_sides T1 "$1" measure_best --connections 1; }

figure_T2() { tcp_sides T2 "$1" measure_best --connections 64; }

# The client with all its network on the first CPU, the server with all of its own on the others.
figure_T3() { tcp_sides T3 "$1" measure_split --connections 64; }

measure_split() {
  hosts_apart
  steer_received "$lab_client" client 1
  taskset --all-tasks --cpu-list --pid "1-$(($(nproc) - 1))" "$lab_memcached" >/dev/null
  [[ -z $lab_bmc ]] || taskset --all-tasks --cpu-list --pid "1-$(($(nproc) - 1))" "$lab_bmc" >/dev/null
  measure "$@"
  steer_received "$lab_client" client 0
  hosts_mixed
}

# Both CPUs are the clients', and the server's.
figure_T4() { tcp_sides T4 "$1" measure --connections 64 --threads 2; }

# At four fifths of the best that stock does in this round.
figure_T5() {
  served_over_tcp stock
  measure_best T5 closed "$1" tcp "$lab_address:$lab_port" --keys 10000 --connections 64 \
    --seconds "${seconds}s"
  local rate
  rate=$("$PYTHON" -c 'import json, sys
print(int(0.8 * json.load(open(sys.argv[1]))["throughput_rps"]))' "$FACTS/T5.closed.$1.load")
  tcp_sides T5 "$1" measure_quickest --connections 64 --rate "$rate"
}

figure_T6() {
  local tcp_items=(--value-bytes 1000)
  tcp_sides T6 "$1" measure_best --connections 64
}

# One of a hundred frames is lost, each way: one request under way on a connection, and eight.
figure_T7() {
  local outstanding
  lab_down
  lab_lossy_up 0.01
  for outstanding in 1 8; do
    tcp_sides "T7x$outstanding" "$1" measure --connections 64 --outstanding "$outstanding"
  done
}

# Keys that nobody has ever stored.
figure_T8() {
  local side
  for side in stock bmc; do
    memcached_fresh -t 2
    [[ $side == stock ]] || bmc_at tc --tcp on
    measure_best T8 "$side" "$1" tcp "$lab_address:$lab_port" --keys 10000 --connections 64 \
      --seconds "${seconds}s"
    bmc_down
  done
}

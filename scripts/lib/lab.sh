# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Two hosts in two network namespaces, joined by a virtual cable, and on one of them
# a stock memcached, with or without BMC:
#
#     bmcs-PID-client                       bmcs-PID-server
#     client 192.0.2.2 ==== veth, GRO ==== server 192.0.2.1   memcached, bmc
#
# lab_down undoes all of it, whatever state it is in. Programs enter a namespace by
# nsenter and not by `ip netns exec`, which would hide /sys/fs/bpf from them.

source scripts/lib/leavings.sh

lab_id=bmcs-$$
lab_server=$lab_id-server
lab_client=$lab_id-client
lab_wire=$lab_id-wire # stands between the two if the wire is a lossy one
lab_address=192.0.2.1
lab_port=11211
lab_memcached= # process ids
lab_bmc=
client_cpus= # empty: any

# In the background these are to be written out: $! of a function is not the program's.
enter_server=(nsenter --net="/run/netns/$lab_server")
on_server() { "${enter_server[@]}" "$@"; }
on_client() {
  ${client_cpus:+taskset --cpu-list "$client_cpus"} nsenter --net="/run/netns/$lab_client" "$@"
}

lab_up() {
  ip netns add "$lab_server"
  ip netns add "$lab_client"
  local queues=(numrxqueues 2 numtxqueues 2) # one for each of two generators
  ip link add server netns "$lab_server" "${queues[@]}" type veth \
    peer name client netns "$lab_client" "${queues[@]}"
  lab_configure
}

# lab_lossy_up SHARE: the same, and so many of the frames are lost, both ways:
#
#     client ==== b0 [bmc_wire] b1 ==== server
lab_lossy_up() {
  ip netns add "$lab_server"
  ip netns add "$lab_client"
  ip netns add "$lab_wire"
  ip link add client netns "$lab_client" type veth peer name b0 netns "$lab_wire"
  ip link add server netns "$lab_server" type veth peer name b1 netns "$lab_wire"
  ip -n "$lab_wire" link set b0 up
  ip -n "$lab_wire" link set b1 up
  coproc lab_losses { exec nsenter --net="/run/netns/$lab_wire" build/bmc_wire b0 b1; }
  read -r -t 10 <&"${lab_losses[0]}" || die "the lossy wire does not start"
  echo "drop $1" >&"${lab_losses[1]}"
  lab_configure
  # One frame is one segment, as on a cable.
  on_server ethtool -K server tx off tso off gso off >/dev/null
  on_client ethtool -K client tx off tso off gso off >/dev/null
}

lab_configure() {
  ip -n "$lab_server" addr add "$lab_address/24" dev server
  ip -n "$lab_client" addr add 192.0.2.2/24 dev client
  # With GRO a veth polls for packets as a network card does (NAPI), which XDP needs.
  on_server ethtool -K server gro on
  on_client ethtool -K client gro on
  local link
  for link in lo server; do ip -n "$lab_server" link set "$link" up; done
  for link in lo client; do ip -n "$lab_client" link set "$link" up; done
  know_neighbour "$lab_server" server 192.0.2.2 "$(mac_of "$lab_client" client)"
  know_neighbour "$lab_client" client "$lab_address" "$(mac_of "$lab_server" server)"
}

mac_of() { ip -n "$1" -o link show dev "$2" | sed -n 's/.*link\/ether \([^ ]*\).*/\1/p'; }

# A flood of gets would drown the answer to an ARP request.
know_neighbour() { ip -n "$1" neigh replace "$3" lladdr "$4" dev "$2" nud permanent; }

# Over veth the server receives on its client's CPU, in its client's time; a network card would
# interrupt a CPU of its own. hosts_apart gives the client the first CPU, and what the server
# receives to the others (RPS); hosts_mixed leaves all of it to the scheduler. XDP comes before
# the steering: it stays where the sender is.
hosts_apart() {
  local cpus mask
  cpus=$(nproc)
  mask=$(printf '%x' $((((1 << (cpus < 32 ? cpus : 32)) - 1) & ~1)))
  client_cpus=0
  steer_received "$lab_server" server "$mask"
}

hosts_mixed() {
  client_cpus=
  steer_received "$lab_server" server 0
}

# steer_received NAMESPACE INTERFACE MASK: the CPUs that take what it receives, in hexadecimal; 0:
# the one on which it came. The namespace's own /sys is needed, and nothing of /sys/fs/bpf.
steer_received() {
  # shellcheck disable=SC2016 # bash -c expands it
  ip netns exec "$1" bash -c \
    'for queue in /sys/class/net/"$0"/queues/rx-*/rps_cpus; do echo "$1" >"$queue"; done' "$2" "$3"
}

# wait_until SECONDS COMMAND...: tries it ten times a second.
wait_until() {
  local tries=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}

memcached_listens() { on_server bash -c "exec 3<>/dev/tcp/$lab_address/$lab_port"; }

memcached_up() {
  "${enter_server[@]}" memcached -u nobody -t 2 -p "$lab_port" -U "$lab_port" -m 1024 </dev/null &
  lab_memcached=$!
  wait_until 10 memcached_listens || die "memcached does not start"
}

bmc_serves() { build/bmc status --name "$lab_id" --json | grep -q '"serving": true'; }

# bmc_up LOG [OPTION...]: attaches BMC and waits until it serves.
bmc_up() {
  local log=$1
  shift
  "${enter_server[@]}" build/bmc run -p "$lab_port" -i server --name "$lab_id" "$@" \
    </dev/null >"$log" 2>&1 &
  lab_bmc=$!
  wait_until 15 bmc_serves && return
  cat "$log" >&2
  die "BMC does not serve" "build/bmc check, and see what it says"
}

# end_process PID: asks, and insists after five seconds.
end_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  (sleep 5 && kill -KILL "$1") 2>/dev/null &
  local guard=$!
  wait "$1" 2>/dev/null || true
  kill -KILL "$guard" 2>/dev/null || true # where we ignore signals, so does it
  wait "$guard" 2>/dev/null || true
}

bmc_down() {
  [[ -z $lab_bmc ]] || end_process "$lab_bmc"
  lab_bmc=
  if [[ -e /sys/fs/bpf/bmc/$lab_id ]]; then
    build/bmc detach --force --name "$lab_id" >/dev/null 2>&1 || true
  fi
  rm -rf "/sys/fs/bpf/bmc/+$lab_id" "/run/bmc/$lab_id" # killed while it was loading
}

lab_down() {
  bmc_down
  [[ -z $lab_memcached ]] || end_process "$lab_memcached"
  lab_memcached=
  [[ -z ${lab_losses_PID:-} ]] || end_process "$lab_losses_PID"
  local namespace
  for namespace in "$lab_client" "$lab_server" "$lab_wire"; do
    [[ ! -e /run/netns/$namespace ]] || delete_namespace "$namespace"
  done
}

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Process 1 of the virtual machine: mounts what a machine has, runs the stages of
# BMC_STAGES (name:limit in seconds, by comma) and turns the machine off. Lines that
# begin with "vm: " are shown by scripts/kernels.sh; the last one is "vm: done".
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
trap '/bin/busybox poweroff -f' EXIT

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
ln -s /proc/self/fd /dev/fd
exec </dev/null >/dev/console 2>&1
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing

share() {
  mkdir -p "$2"
  mount -t 9p -o "$3,trans=virtio,version=9p2000.L,msize=262144" "$1" "$2"
}
share modules "/usr/lib/modules/$(uname -r)" ro,cache=loose
share results "$BMC_VM_RESULTS" rw

ulimit -n 65536 # a test opens thousands of connections
ip link set lo up
# What root may load by hand, but a network namespace's user may not.
modprobe -qa veth dummy bridge 8021q sch_ingress cls_bpf act_mirred inet_diag tcp_diag udp_diag
modprobe -qa nf_tables nft_chain_nat nft_nat nft_numgen

uname -r >"$BMC_VM_RESULTS/release"
"$BMC_ROOT/scripts/vm/stages.sh"
echo "vm: done"

#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=dash
#
# The first program of the virtual machine, in its initramfs: makes a root of the host's
# files, read only, with a tmpfs above them that takes every change, and goes there.
# BMC_ROOT comes from the kernel's command line.

stop() {
  echo "vm: $1"
  poweroff -f
}

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
while read -r module; do
  insmod "/modules/$module" || stop "$module cannot be loaded"
done </modules/order

mkdir -p /host /changes /root
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose host /host ||
  stop "the host's files cannot be mounted"
mount -t tmpfs changes /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work overlay /root ||
  stop "no overlay on the host's files"
umount /proc /dev
[ -x "/root$BMC_ROOT/scripts/vm/guest.sh" ] || stop "$BMC_ROOT is not among the host's files"
exec switch_root /root "$BMC_ROOT/scripts/vm/guest.sh"

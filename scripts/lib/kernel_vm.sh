# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# A kernel in a virtual machine without network, whose root is this machine's, read only,
# below a tmpfs (scripts/vm/init.sh). Nothing of it outlives qemu but what it writes into
# its folder of results.

vm_modules=(virtio_pci 9pnet_virtio 9p overlay) # to find its root

# vm_make_initramfs FOLDER RELEASE: FOLDER/initramfs holds busybox, the first program, and
# modules in the order in which they can be loaded.
vm_make_initramfs() {
  local folder=$1 release=$2 tree path name
  tree=$(mktemp -d)
  mkdir "$tree"/{bin,dev,proc,modules}
  cp /bin/busybox "$tree/bin/"
  cp scripts/vm/init.sh "$tree/init"
  while read -r path; do
    name=$(basename "${path%.xz}")
    case $path in
      *.xz) xz -dc "$path" >"$tree/modules/$name" ;;
      *) cp "$path" "$tree/modules/$name" ;;
    esac
    printf '%s\n' "$name" >>"$tree/modules/order"
  done < <(modprobe --dirname "$folder/modules" --set-version "$release" --config /dev/null \
    --show-depends --all "${vm_modules[@]}" | awk '$1 == "insmod" && !seen[$2]++ { print $2 }')
  (cd "$tree" && find . -print0 | cpio --null --create --format=newc --quiet | gzip -1) \
    >"$folder/initramfs"
  rm -rf "$tree"
}

# vm_exec FOLDER RELEASE LIMIT NAME=VALUE...: becomes qemu, which ends when the guest is off or after
# LIMIT seconds, and leaves what the guest's kernel and scripts/vm/guest.sh say in
# FOLDER/console.log. The kernel hands NAME=VALUE to the first program as its environment. An
# emulated CPU has no faults to mitigate.
vm_exec() {
  local folder=$1 release=$2 limit=$3 given='' each
  shift 3
  for each in BMC_ROOT="$BMC_ROOT" BMC_VM_RESULTS="$folder/results" "$@"; do
    given+=" ${each%%=*}=\"${each#*=}\""
  done
  exec timeout --kill-after=10 "$limit" qemu-system-x86_64 \
    -accel tcg,thread=multi -cpu max,la57=off -smp 2 -m 4G \
    -nodefaults -no-user-config -display none -no-reboot -nic none \
    -serial "file:$folder/console.log" -device virtio-rng-pci \
    -virtfs "local,path=/,mount_tag=host,readonly=on,security_model=passthrough,multidevs=remap" \
    -virtfs "local,path=$folder/modules/lib/modules/$release,mount_tag=modules,readonly=on,security_model=passthrough" \
    -virtfs "local,path=$folder/results,mount_tag=results,security_model=passthrough" \
    -kernel "$folder/vmlinuz" -initrd "$folder/initramfs" \
    -append "console=ttyS0 loglevel=4 panic=-1 mitigations=off$given"
}

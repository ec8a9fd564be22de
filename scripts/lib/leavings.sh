# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What a run of ours may have left on the machine when it was killed and could not
# clean up itself, told by the process id in each name: <prefix>-<pid>-... .

declare -A was_there

# What `bmc run` makes if it is missing, and leaves to the next one.
remember_machine() {
  local folder
  ! grep -q ' /sys/fs/bpf bpf ' /proc/mounts || was_there[bpffs]=yes
  for folder in /sys/fs/bpf/bmc /run/bmc; do
    [[ ! -e $folder ]] || was_there[$folder]=yes
  done
}

# Whether a name like bmcn-1234-..., or +bmcn-1234-... of half loaded pins, has lost the process that made it.
is_orphan() {
  [[ $1 =~ ^\+?bmc[a-z]+-([0-9]+)(-|$) && ! -e /proc/${BASH_REMATCH[1]} ]]
}

# With whatever still runs inside.
delete_namespace() {
  local pid
  for pid in $(ip netns pids "$1"); do
    kill -KILL "$pid" || true
  done
  ip netns del "$1"
}

restore_machine() {
  local path
  for path in /run/netns/*; do
    ! is_orphan "${path##*/}" || delete_namespace "${path##*/}"
  done
  for path in /sys/fs/bpf/bmc/* /run/bmc/*; do
    ! is_orphan "${path##*/}" || rm -rf "$path"
  done
  for path in /sys/fs/bpf/bmc /run/bmc; do
    [[ -n ${was_there[$path]-} ]] || rmdir "$path" || true
  done
  if [[ -z ${was_there[bpffs]-} && -z $(ls -A /sys/fs/bpf) ]]; then
    umount /sys/fs/bpf
  fi
}

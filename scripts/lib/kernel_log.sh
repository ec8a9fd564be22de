# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The kernel's log by sequence number, as /dev/kmsg gives it: unlike times and
# line counts, these neither drift nor wrap.

# One record a read, until there is none; each is "priority,number,time,flags;text".
kernel_log() {
  [[ -r /dev/kmsg ]] || return 1
  dd if=/dev/kmsg iflag=nonblock bs=8192 status=none 2>/dev/null || true
}

# Prints the number that the next record will have, at least.
kernel_log_next() {
  kernel_log | awk -F'[,;]' '/^[0-9]+,[0-9]+,/ { last = $2 } END { print last + 1 }'
}

# kernel_log_since NUMBER: the text of what the kernel itself has said since (a priority
# above 7 is another facility's: what a program wrote into the log).
kernel_log_since() {
  kernel_log | awk -F'[,;]' -v from="$1" '
    /^[0-9]+,[0-9]+,/ { shown = $2 >= from && $1 < 8 }
    shown { sub(/^[0-9]+,[^;]*;/, ""); print }'
}

# shellcheck disable=SC2034 # for who includes this
splats='WARNING: |BUG: |\[ cut here \]|Oops|general protection fault|Call Trace|Kernel panic'
splats+='|verifier bug|KASAN: |UBSAN: |KCSAN: |possible (circular|recursive) locking'
splats+='|inconsistent lock state|suspicious RCU usage|rcu:.* stall|blocked for more than'
splats+='|soft lockup|hard LOCKUP|unregister_netdevice: waiting'

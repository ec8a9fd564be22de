/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_BTF_H
#define BMC_BASE_BTF_H

/* Stands in for bpf/base/btf.h when the kernel side is compiled for the host:
 * the fields that the tap reads, of which tests fill those of a socket and of
 * the registers (task.c).
 */

#include "base/kernel.h"

#include <linux/in6.h>

#ifndef AF_INET
#define AF_INET 2
#define AF_INET6 10
#endif
#define IPPROTO_OF_TCP 6
#define IPPROTO_OF_UDP 17

struct sock_common {
	__be32 skc_daddr;
	__be16 skc_dport;
	u16 skc_num;
	u16 skc_family;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	u8 sk_shutdown;
	u16 sk_protocol;
};

struct tcp_sock {
	u32 copied_seq;
	u32 urg_seq;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	int pid;
	int tgid;
	struct signal_struct *signal;
};

struct pt_regs {
	unsigned long di, si, dx, orig_ax;
};

#endif /* BMC_BASE_BTF_H */

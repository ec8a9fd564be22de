/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_BTF_H
#define BMC_BASE_BTF_H

/* The few fields of kernel structures that the tap reads. libbpf relocates
 * them to wherever the running kernel keeps them (CO-RE), so order and size do
 * not matter here. On the host they are plain structures, which tests fill. Layer 1.
 */

#include "base/kernel.h"

#include <linux/in6.h>

#ifndef AF_INET
#define AF_INET 2
#define AF_INET6 10
#endif
#define IPPROTO_OF_TCP 6
#define IPPROTO_OF_UDP 17

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct sock_common {
	__be32 skc_daddr;
	__be16 skc_dport;
	u16 skc_num;               /* local port, host order */
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

#ifdef __bpf__
#pragma clang attribute pop
#endif

#endif /* BMC_BASE_BTF_H */

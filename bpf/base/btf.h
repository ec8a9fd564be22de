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
#include <bpf/bpf_core_read.h>
#define KERNEL_BITS(p, field) BPF_CORE_READ_BITFIELD(p, field)
#define KERNEL_HAS(field) bpf_core_field_exists(field)
#else
#define KERNEL_BITS(p, field) ((p)->field)
#define KERNEL_HAS(field) true
#endif

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;               /* local port, host order */
	u16 skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	struct {
		int len;
	} sk_backlog;
	u8 sk_shutdown;
	u16 sk_protocol;
};

struct rb_node;

struct rb_root {
	struct rb_node *rb_node;
};

struct tcp_options_received {
	u16 tstamp_ok : 1;
	u16 snd_wscale : 4;
	u16 rcv_wscale : 4;
};

struct inet_sock {
	__be16 inet_sport;         /* local port; skc_num is 0 once the socket is closed */
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 copied_seq;
	u32 urg_seq;
	u32 rcv_nxt;
	u32 snd_una;
	u32 write_seq;
	u32 tsoffset;
	u32 mss_cache;
	u8 tcp_usec_ts : 1;
	struct rb_root out_of_order_queue;
	struct tcp_options_received rx_opt;
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

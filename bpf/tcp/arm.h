/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_ARM_H
#define BMC_TCP_ARM_H

/* The tap's side of a flow: when memcached has answered all it received, the
 * connection is idle, and the next request may be served (docs/tcp.md rules 1
 * and 6). Layer 6.
 */

#include "base/btf.h"
#include "tcp/flow.h"

enum { SOCK_ESTABLISHED = 1, SOCK_CLOSED = 7, SOCK_LAST_ACK = 9 }; /* TCP_ESTABLISHED, ... */

/* A flow is served this many jiffies after it was first seen: segments that
 * passed unseen have arrived by then, and are seen in the socket.
 */
enum { FLOW_SETTLES = 2 };

static __always_inline void flow_key_of(struct sock *sk, __be16 port, struct bmc_flow_key *key)
{
	if (sk->__sk_common.skc_family == AF_INET) {
		address_put_v4(&key->client, sk->__sk_common.skc_daddr);
		address_put_v4(&key->server, sk->__sk_common.skc_rcv_saddr);
	} else {
		bpf_probe_read_kernel(&key->client, 16, &sk->__sk_common.skc_v6_daddr);
		bpf_probe_read_kernel(&key->server, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	}
	key->client_port = sk->__sk_common.skc_dport;
	key->server_port = port;
}

/* What the socket says, outside the lock. */
struct idle_point {
	u64 cookie;
	u64 now;                   /* jiffies */
	u32 rcv;
	u32 snd;
	u32 una;
	u32 ts_offset;
	u16 mss;
	u8 shift_in;
	u8 shift_out;
	bool has_timestamps;
	bool is_whole;             /* nothing waits to be received, in order or not */
};

static __always_inline bool idle_point_of(struct sock *sk, struct idle_point *point)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!tp || sk->__sk_common.skc_state != SOCK_ESTABLISHED)
		return false;
	if (KERNEL_HAS(tp->tcp_usec_ts) && KERNEL_BITS(tp, tcp_usec_ts))
		return false;
	point->cookie = bpf_get_socket_cookie(sk);
	point->now = bpf_jiffies64();
	point->rcv = tp->copied_seq;
	point->snd = tp->write_seq;
	point->una = tp->snd_una;
	point->ts_offset = tp->tsoffset;
	point->mss = tp->mss_cache;
	point->shift_in = KERNEL_BITS(tp, rx_opt.snd_wscale);
	point->shift_out = KERNEL_BITS(tp, rx_opt.rcv_wscale);
	point->has_timestamps = KERNEL_BITS(tp, rx_opt.tstamp_ok);
	point->is_whole = tp->rcv_nxt == point->rcv && !tp->out_of_order_queue.rb_node &&
			  !sk->sk_backlog.len;
	return true;
}

/* Under the lock, or of a flow that nobody knows yet. */
static __always_inline void flow_begin(struct bmc_flow *f, const struct idle_point *point)
{
	f->flags = point->has_timestamps ? BMC_FLOW_TIMESTAMPS : 0;
	f->cookie = point->cookie;
	f->created = point->now;
	f->passed_end = point->rcv;
	f->acked = point->una;
	f->window_end = point->rcv;
	f->ts_offset = point->ts_offset;
	f->window_shift_in = point->shift_in;
	f->window_shift_out = point->shift_out;
}

/* Returns the cookie of another socket, whose flow this was: 0 if there was none. */
static __always_inline u64 flow_idle(struct bmc_flow *f, const struct idle_point *point)
{
	u64 before = 0;

	if (f->cookie != point->cookie) {
		/* Since it was looked up another connection may have got its memory. */
		if ((s64)(f->created - point->now) >= 0)
			return 0;
		before = f->cookie;
		f->d_in = f->d_out = f->d_prev = f->base = 0;
		flow_begin(f, point);
	}
	f->flags &= ~BMC_FLOW_ARMED;
	f->k_rcv = point->rcv;
	f->k_snd = point->snd;
	f->mss = point->mss;
	flow_settle(f, point->una);
	f->acked = point->una;
	if (!point->is_whole || point->now - f->created < FLOW_SETTLES)
		return before;
	f->passed_end = seq_max(f->passed_end, point->rcv);
	f->armed_at = point->now;
	f->flags |= BMC_FLOW_ARMED;
	return before;
}

/* memcached has executed and answered everything that it received. */
static __always_inline void flow_arm(struct sock *sk)
{
	struct idle_point point = {};
	struct bmc_flow_key key = {};
	struct bmc_flow *f;
	u64 before;

	if (!config.serves_tcp || sk->__sk_common.skc_num != config.port ||
	    !idle_point_of(sk, &point))
		return;
	flow_key_of(sk, bpf_htons(config.port), &key);
	f = flow_get(&key);
	if (!f) {
		struct bmc_flow fresh = {};

		flow_begin(&fresh, &point);
		tcp_count(bpf_map_update_elem(&bmc_flows, &key, &fresh, BPF_NOEXIST)
				  ? BMC_TCP_NO_FLOW
				  : BMC_TCP_FLOWS);
		/* A reset may have been before us, and found nothing to delete. */
		if (sk->__sk_common.skc_state != SOCK_ESTABLISHED)
			bpf_map_delete_elem(&bmc_flows, &key);
		return;
	}
	bpf_spin_lock(&f->lock);
	before = flow_idle(f, &point);
	bpf_spin_unlock(&f->lock);
	if (before)
		bpf_map_delete_elem(&bmc_replies, &before);
}

/* The socket is closed, and was in state @from. What was served on it has to be
 * translated for as long as segments may be answered; the daemon removes it then.
 */
static __always_inline void flow_closed(struct sock *sk, int from)
{
	struct bmc_flow_key key = {};
	struct tcp_sock *tp;
	struct bmc_flow *f;
	u64 now, cookie;

	if (!config.serves_tcp)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || tp->inet_conn.icsk_inet.inet_sport != bpf_htons(config.port))
		return;
	flow_key_of(sk, bpf_htons(config.port), &key);
	f = flow_get(&key);
	cookie = bpf_get_socket_cookie(sk);
	if (!f || f->cookie != cookie)
		return; /* of another network namespace, perhaps */
	if (flow_is_plain(f)) {
		bpf_map_delete_elem(&bmc_flows, &key);
		bpf_map_delete_elem(&bmc_replies, &cookie); /* of a reply that was refused */
		return;
	}
	now = bpf_jiffies64();
	bpf_spin_lock(&f->lock);
	f->flags = (f->flags & ~BMC_FLOW_ARMED) | BMC_FLOW_CLOSED |
		   (from == SOCK_LAST_ACK ? BMC_FLOW_OVER : 0);
	f->closed_at = now;
	bpf_spin_unlock(&f->lock);
}

#endif /* BMC_TCP_ARM_H */

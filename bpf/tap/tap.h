/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_TAP_H
#define BMC_TAP_TAP_H

/* The entry points of the tap: memcached's own socket calls, after the kernel
 * has copied the bytes and before memcached sees or loses sight of them. Layer
 * 7. The arguments of a tracepoint come as an array.
 */

#include "tap/life.h"

static __always_inline bool tap_concerns(const struct bmc_state *state, const struct sock *sk)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	u16 family;

	if (!tgid || tgid != READ_ONCE(state->tgid))
		return false;
	family = sk->__sk_common.skc_family;
	return family == AF_INET || family == AF_INET6;
}

SEC("tp_btf/sock_recv_length")
int bmc_recv(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int bytes = ctx[1], flags = ctx[2];
	struct bmc_state *state = state_get();

	if (!state || !tap_concerns(state, sk))
		return 0;
	if (sk->sk_protocol == IPPROTO_OF_UDP)
		datagram_received(state, sk, bytes, flags);
	else if (bytes > 0 && sk->sk_protocol == IPPROTO_OF_TCP)
		stream_received(state, sk, bytes, flags);
	else if (bytes > 0) /* MPTCP, SCTP: nothing that the tap can follow */
		raise_doubt(state, BMC_DOUBT_LOST_BYTES);
	return 0;
}

SEC("tp_btf/sock_send_length")
int bmc_send(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int bytes = ctx[1];
	struct bmc_state *state = state_get();

	if (!state || bytes <= 0 || !tap_concerns(state, sk))
		return 0;
	if (sk->sk_protocol == IPPROTO_OF_UDP)
		datagram_sent(sk, bytes);
	else if (sk->sk_protocol == IPPROTO_OF_TCP)
		stream_sent(state, sk, bytes);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int bmc_sk_state(u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int from = ctx[1], to = ctx[2];
	struct bmc_state *state = state_get();

	if (state && from == STATE_SYN_RECV && to == STATE_ESTABLISHED &&
	    life_is_our_port(state, sk->__sk_common.skc_num))
		life_established(state, sk);
	if (state && to == SOCK_CLOSED)
		flow_closed(sk, from);
	return 0;
}

SEC("cgroup/sock_release")
int bmc_sk_release(struct bpf_sock *sk)
{
	struct conn *c = bpf_sk_storage_get(&bmc_conns, sk, 0, 0);
	struct bmc_state *state = state_get();

	if (c && state)
		life_released(state, c, bpf_get_socket_cookie(sk));
	return 1;
}

SEC("tp_btf/sched_process_exit")
int bmc_exit(u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct bmc_state *state = state_get();

	if (state && task->tgid && (u32)task->tgid == READ_ONCE(state->tgid))
		life_exited(state, task);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int bmc_fork(u64 *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx[0];
	struct task_struct *child = (struct task_struct *)ctx[1];
	struct bmc_state *state = state_get();

	if (state && parent->tgid && (u32)parent->tgid == READ_ONCE(state->tgid) &&
	    child->tgid != parent->tgid)
		raise_doubt(state, BMC_DOUBT_FORKED);
	return 0;
}

#endif /* BMC_TAP_TAP_H */

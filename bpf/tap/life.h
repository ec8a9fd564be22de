/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_LIFE_H
#define BMC_TAP_LIFE_H

/* The beginning and the end of connections and of memcached's process
 * (coherence.md 6).
 */

#include "tap/datagram.h"

enum { STATE_ESTABLISHED = 1, STATE_SYN_RECV = 3 }; /* TCP_ESTABLISHED, TCP_SYN_RECV */

/* Whether memcached listens on this port over TCP. */
static __always_inline bool life_is_our_port(const struct bmc_state *state, u16 port)
{
	u32 i;

	if (port == config.port)
		return true;
	for (i = 0; i < BMC_PORTS_MAX; i++)
		if (port && READ_ONCE(state->ports[i]) == port)
			return true;
	return false;
}

/* A connection is established: from here on the tap sees every byte of it. */
static __always_inline void life_established(struct bmc_state *state, struct sock *sk)
{
	struct conn *c;
	struct tcp_sock *tp;

	c = bpf_sk_storage_get(&bmc_conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!c || !tp)
		return; /* then it counts as older */
	c->incarnation = READ_ONCE(state->incarnation);
	c->copied_seq = tp->copied_seq;
}

/* memcached has closed the socket: nothing of it will be executed any more. */
static __always_inline void life_released(struct bmc_state *state, struct conn *c, u64 cookie)
{
	batch_end(c, BATCH_NONE);
	if (c->lost)
		sync_end(state, c, cookie);
}

/* Ends what a thread that exits has open on UDP sockets. */
static long life_reader_step(void *map, const struct datagram_reader *reader, struct conn *c,
			     u32 *tid)
{
	if (reader->tid != *tid)
		return 0;
	opens_end(&c->opens);
	bpf_map_delete_elem(map, reader);
	return 0;
}

/* A thread of memcached exits; the last one takes the process with it. */
static __always_inline void life_exited(struct bmc_state *state, struct task_struct *task)
{
	u32 tid = task->pid;

	if (task->signal->live.counter == 0) {
		/* I6: before its sockets are closed. */
		__sync_fetch_and_or(&state->stopped, BMC_STOP_DEAD);
		__sync_fetch_and_add(&state->epoch, 1);
	}
	bpf_for_each_map_elem(&bmc_readers, life_reader_step, &tid, 0);
}

#endif /* BMC_TAP_LIFE_H */

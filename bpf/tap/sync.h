/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_SYNC_H
#define BMC_TAP_SYNC_H

/* Connections whose stream of requests the tap cannot follow: any key may be
 * written at any time, so one global open is held, and whatever arrives empties
 * the cache. Back in sync when memcached has answered a lone get, and so is
 * known to stand at the beginning of a command (coherence.md 3).
 */

#include "tap/batch.h"

/* By socket cookie, for `bmc status`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct bmc_unsynced);
} bmc_unsynced SEC(".maps");

/* The peer of a socket, as serve compares addresses. */
static __always_inline void sock_peer(const struct sock *sk, struct bmc_address *address)
{
	if (sk->__sk_common.skc_family == AF_INET) {
		u32 v4 = sk->__sk_common.skc_daddr;

		*address = (struct bmc_address){ .bytes = { [10] = 0xff, [11] = 0xff } };
		__builtin_memcpy(address->bytes + 12, &v4, 4);
		return;
	}
	bpf_probe_read_kernel(address->bytes, 16, &sk->__sk_common.skc_v6_daddr);
}

/* The stream cannot be followed from here on. */
static __always_inline void sync_lose(struct bmc_state *state, struct sock *sk, struct conn *c,
				      u32 reason)
{
	struct bmc_unsynced entry = {
		.reason = reason,
		.since_ns = bpf_ktime_get_ns(),
		.local_port = sk->__sk_common.skc_num,
		.remote_port = bpf_ntohs(sk->__sk_common.skc_dport),
	};
	u64 cookie = bpf_get_socket_cookie(sk);

	c->lost = reason;
	c->is_probed = 0;
	global_begin(state);
	__sync_fetch_and_add(&state->unsynced, 1);
	count(BMC_COUNT_SYNC_LOSSES);
	sock_peer(sk, &entry.remote);
	bpf_map_update_elem(&bmc_unsynced, &cookie, &entry, BPF_ANY);
	staged_end(c);
}

/* The end of being out of sync: by an answer, or with the socket. */
static __always_inline void sync_end(struct bmc_state *state, struct conn *c, u64 cookie)
{
	c->lost = BMC_DESYNC_NONE;
	c->is_probed = 0;
	global_end(state);
	__sync_fetch_and_add(&state->unsynced, -1);
	bpf_map_delete_elem(&bmc_unsynced, &cookie);
}

/* Data has arrived. It is a probe if it is one strict get, of one key, after
 * memcached had taken all there was: then c->carried keeps the key.
 */
static __always_inline void sync_probe(struct tap_scratch *s, struct conn *c)
{
	struct word key;

	c->is_probed = 0;
	if (!c->has_drained || s->read.bytes > 4 + BMC_KEY_MAX + 2)
		return;
	s->in.at = 0;
	s->in.filled = s->read.bytes;
	if (bpf_probe_read_user(s->in.bytes, s->read.bytes, (const void *)s->read.address))
		return;
	if (line_scan(&s->in) != LINE_WHOLE || !s->in.is_crlf || s->in.words != 2 ||
	    s->in.next != s->in.filled || !WORD_IS(&s->in, line_word(&s->in, 0), "get"))
		return;
	key = line_word(&s->in, 1);
	if (key.bytes > BMC_KEY_MAX)
		return;
	bpf_probe_read_kernel(c->carried, key.bytes, s->in.bytes + INPUT_AT(key.at));
	c->carried_bytes = key.bytes;
	c->is_probed = 1;
}

/* memcached has executed a probe: it stands at the beginning of a command. */
static __always_inline void sync_return(struct bmc_state *state, struct sock *sk, struct conn *c)
{
	sync_end(state, c, bpf_get_socket_cookie(sk));
	batch_end(c, BATCH_ANSWERED);
	c->phase = PHASE_COMMAND;
	c->protocol = PROTOCOL_TEXT;
	c->is_handed_off = 0;
	c->carried_bytes = 0;
	c->data_left = 0;
	count(BMC_COUNT_SYNC_RETURNS);
}

#endif /* BMC_TAP_SYNC_H */

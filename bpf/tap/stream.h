/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_STREAM_H
#define BMC_TAP_STREAM_H

/* memcached's recv and send on a TCP connection. */

#include "tcp/arm.h"
#include "tap/replies.h"
#include "tap/requests.h"
#include "tap/sync.h"

#define RECV_CONSUMES_NOTHING (0x2 | 0x2000) /* MSG_PEEK, MSG_ERRQUEUE */
#define RECV_DISCARDS 0x20                   /* MSG_TRUNC */
#define SHUTDOWN_BY_PEER 1                   /* RCV_SHUTDOWN in sk_shutdown */

/* ---- I11: no byte passes unseen ----------------------------------------- */

/* Whether the kernel's count has advanced by what was received. A FIN that was
 * read counts as a byte, and one byte may have been sent out of band.
 */
static __always_inline bool stream_is_whole(struct sock *sk, struct conn *c, u32 bytes)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	u32 before = c->copied_seq, missed;

	if (!tp)
		return false;
	c->copied_seq = tp->copied_seq;
	missed = c->copied_seq - before - bytes;
	if (missed && (sk->sk_shutdown & SHUTDOWN_BY_PEER))
		missed--;
	if (missed && tp->urg_seq - before < c->copied_seq - before)
		missed--;
	return !missed;
}

/* The state of a connection; one whose establishment was not seen is older. */
static __always_inline struct conn *stream_conn(struct bmc_state *state, struct sock *sk,
						bool *is_older)
{
	struct conn *c = bpf_sk_storage_get(&bmc_conns, sk, 0, 0);

	*is_older = !c;
	if (!c)
		c = bpf_sk_storage_get(&bmc_conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (c && !c->has_received && c->incarnation != READ_ONCE(state->incarnation))
		*is_older = true;
	return c;
}

/* ---- recv --------------------------------------------------------------- */

/* What cannot be read cannot be followed. */
static __always_inline u32 stream_locate(struct tap_scratch *s, u32 bytes, int flags, u64 *asked)
{
	struct user_memory memory;

	user_received(&memory);
	s->read.address = memory.address;
	s->read.bytes = bytes;
	*asked = memory.bytes;
	if (memory.call == USER_OTHER || memory.bytes < bytes || (flags & RECV_DISCARDS))
		return BMC_DESYNC_SYSCALL;
	return BMC_DESYNC_NONE;
}

/* A recv on a connection in sync. Returns why it no longer is, or 0. */
static __always_inline u32 stream_follow(struct tap_scratch *s, struct conn *c, u64 asked)
{
	/* memcached reads a data block by asking for exactly the rest of it. The
	 * length of a command buffer is a power of two, and the rest of one is
	 * asked for only after a short read.
	 */
	bool is_data_read = c->phase == PHASE_DATA && asked == c->data_left &&
			    (asked & (asked - 1));

	/* Rule 1: memcached asks for commands only when it has executed all it
	 * had, unless its last read may have left something, or has begun what is
	 * not whole yet (a gat, in PHASE_GET).
	 */
	if (c->batch.mode == BATCH_ANSWERED ||
	    (c->phase == PHASE_COMMAND && c->has_drained && !c->is_handed_off))
		batch_end(c, BATCH_NONE);
	requests_follow(s, c);
	c->has_drained = s->read.bytes < asked || is_data_read;
	if (s->candidate.is_set)
		stage_candidate(s, c);
	return s->read.lost;
}

static __always_inline void stream_received(struct bmc_state *state, struct sock *sk, u32 bytes,
					    int flags)
{
	struct tap_scratch *s = tap_scratch_get();
	u32 reason;
	bool is_older;
	struct conn *c;
	u64 asked;

	if (!s || (flags & RECV_CONSUMES_NOTHING))
		return;
	c = stream_conn(state, sk, &is_older);
	if (!c) {
		raise_doubt(state, BMC_DOUBT_NO_STORAGE);
		return;
	}
	if (!stream_is_whole(sk, c, bytes) && !is_older)
		raise_doubt(state, BMC_DOUBT_LOST_BYTES);
	reason = stream_locate(s, bytes, flags, &asked);
	c->has_received = 1;
	if (c->lost) {
		global_again(state);
		if (!reason && bytes < asked)
			sync_probe(s, c);
		c->has_drained = !reason && bytes < asked;
		return;
	}
	if (is_older)
		reason = BMC_DESYNC_OLDER;
	if (!reason)
		reason = stream_follow(s, c, asked);
	else
		c->has_drained = bytes < asked;
	if (reason)
		sync_lose(state, sk, c, reason);
}

/* ---- send --------------------------------------------------------------- */

/* A lone plain command is answered, and nothing hangs on what exactly was
 * said: most sends end here, without a look at user memory. Where a value is
 * staged the length would not do: a send may have been cut (a full socket
 * takes what its last segment has room for), and 8 bytes of NOT_STORED are no
 * STORED.
 */
static __always_inline bool stream_ends_by_length(const struct conn *c, u32 bytes)
{
	return !c->lost && c->batch.mode == BATCH_LINES && c->batch.commands == 1 &&
	       !c->staged.is_held && c->phase == PHASE_COMMAND &&
	       reply_length_fits(bytes, c->batch.fits);
}

/* Everything that was received is executed and answered. */
static __always_inline void stream_is_idle(struct sock *sk, const struct conn *c)
{
	if (c->phase == PHASE_COMMAND && !c->carried_bytes && !c->is_handed_off &&
	    c->protocol == PROTOCOL_TEXT)
		flow_arm(sk);
}

static __always_inline void stream_sent(struct bmc_state *state, struct sock *sk, u32 bytes)
{
	struct conn *c = bpf_sk_storage_get(&bmc_conns, sk, 0, 0);
	struct tap_scratch *s = tap_scratch_get();

	if (!c || !s || c->is_handed_off)
		return;
	if (c->lost ? !c->is_probed
		    : (c->batch.mode == BATCH_NONE || c->batch.mode == BATCH_OPAQUE ||
		       (c->batch.mode == BATCH_GET && !config.serves_tcp)))
		return;
	if (stream_ends_by_length(c, bytes)) {
		/* Executed; but the send may have been cut, so more would not misfit. */
		batch_end(c, BATCH_NONE);
		if (config.serves_tcp && user_sent_whole(bytes))
			stream_is_idle(sk, c);
		return;
	}
	send_gather(&s->send, bytes);
	if (c->lost) {
		c->is_probed = 0;
		if (send_answers_probe(s, c))
			sync_return(state, sk, c);
		return;
	}
	switch (send_judge(s, c)) {
	case SEND_PUBLISHES:
		if (c->staged.is_held)
			staged_publish(c);
		batch_end(c, BATCH_ANSWERED);
		stream_is_idle(sk, c);
		break;
	case SEND_ENDS:
		batch_end(c, BATCH_ANSWERED);
		stream_is_idle(sk, c);
		break;
	case SEND_TELLS_NOTHING:
		c->batch.mode = BATCH_OPAQUE;
		break;
	case SEND_MISFITS:
		sync_lose(state, sk, c, BMC_DESYNC_REPLY);
		break;
	}
}

#endif /* BMC_TAP_STREAM_H */

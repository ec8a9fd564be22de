/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_SEQUENCE_H
#define BMC_TCP_SEQUENCE_H

/* The arithmetic of a flow: which byte a number means on the other side
 * (docs/tcp.md rule 2), and when a request may be served at all (rule 1). Pure:
 * the host compiles and tests the same text. The caller holds the flow's lock.
 */

#include "base/types.h"
#include "bmc/flow.h"

/* Sequence numbers wrap around (RFC 9293 3.4). */
static __always_inline bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static __always_inline u32 seq_max(u32 a, u32 b)
{
	return seq_before(a, b) ? b : a;
}

/* Whether the two ends count alike, so that there is nothing to translate. */
static __always_inline bool flow_is_plain(const struct bmc_flow *f)
{
	return !(f->flags & BMC_FLOW_TRANSLATED);
}

/* ---- from the wire to the kernel ---------------------------------------- */

static __always_inline u32 flow_seq_in(const struct bmc_flow *f, u32 seq)
{
	return seq - f->d_in;
}

/* Of a reset, which counts only exactly where the kernel stands (RFC 9293
 * 3.10.7.4): a client that does not have the reply says where its request began.
 */
static __always_inline u32 flow_reset_in(const struct bmc_flow *f, u32 seq)
{
	u32 end = f->request_seq + f->request_bytes;

	if ((f->flags & BMC_FLOW_UNACKED) && !seq_before(seq, f->request_seq) &&
	    seq_before(seq, end))
		seq = end;
	return seq - f->d_in;
}

/* What the client has acknowledged of what the kernel sent. Inside the replies
 * that were served at the base, it is the base.
 */
static __always_inline u32 flow_ack_in(const struct bmc_flow *f, u32 ack)
{
	if (!seq_before(ack, f->base + f->d_out))
		return ack - f->d_out;
	if (!seq_before(ack, f->base + f->d_prev))
		return f->base;
	return ack - f->d_prev;
}

/* By how much the window behind an acknowledgement has to shrink, so that its
 * end stays where the client put it.
 */
static __always_inline u32 flow_window_excess(const struct bmc_flow *f, u32 ack)
{
	u32 end = f->base + f->d_out;

	if (!seq_before(ack, end) || seq_before(ack, f->base + f->d_prev))
		return 0;
	return end - ack;
}

/* An edge of a SACK block; false if the kernel has nothing there. */
static __always_inline bool flow_sack_in(const struct bmc_flow *f, u32 edge, u32 *kernel)
{
	*kernel = edge - f->d_out;
	return !seq_before(edge, f->base + f->d_out);
}

/* ---- from the kernel to the wire ---------------------------------------- */

/* Data from @seq to @end; false if it lies across the base, where other bytes
 * stand between on the wire.
 */
static __always_inline bool flow_seq_out(const struct bmc_flow *f, u32 seq, u32 end, u32 *wire)
{
	if (!seq_before(seq, f->base)) {
		*wire = seq + f->d_out;
		return true;
	}
	*wire = seq + f->d_prev;
	return !seq_before(f->base, end);
}

/* Rule 3: as long as the client does not have the reply, the request is not
 * acknowledged by anything but the reply itself, or nobody would ask again.
 */
static __always_inline u32 flow_ack_out(struct bmc_flow *f, u32 ack, bool *held)
{
	u32 wire = ack + f->d_in;

	*held = (f->flags & BMC_FLOW_UNACKED) && seq_before(f->request_seq, wire);
	if (!*held)
		return wire;
	f->held_ack = f->flags & BMC_FLOW_HELD ? seq_max(f->held_ack, ack) : ack;
	f->flags |= BMC_FLOW_HELD;
	return f->request_seq;
}

/* Everything below @acked (kernel number) has arrived, and so have the replies
 * served before. Moves the base along, or after 2 GiB it would seem to lie ahead.
 */
static __always_inline void flow_settle(struct bmc_flow *f, u32 acked)
{
	if ((f->flags & BMC_FLOW_UNACKED) || !seq_before(f->base, acked) ||
	    seq_before(f->sent_end, acked))
		return;
	f->base = acked;
	f->d_prev = f->d_out;
}

/* ---- rule 1 ------------------------------------------------------------- */

/* Bytes from @start to @end (kernel numbers) are passed up. Only what the kernel may
 * accept counts: a forged segment from afar must not switch the flow off.
 */
static __always_inline void flow_passed(struct bmc_flow *f, u32 start, u32 end)
{
	if (seq_before(f->passed_end, end) &&
	    (!(f->flags & BMC_FLOW_OUT_SEEN) || !seq_before(f->window_end, start)))
		f->passed_end = end;
}

/* Whether a request at @seq, with acknowledgement @ack (wire numbers), goes on
 * where memcached was idle.
 */
static __always_inline bool flow_goes_on(const struct bmc_flow *f, u32 seq, u32 ack)
{
	return (f->flags & BMC_FLOW_ARMED) && seq - f->d_in == f->k_rcv &&
	       ack - f->d_out == f->k_snd;
}

/* Whether nothing is under way to memcached or from it. */
static __always_inline bool flow_is_quiet(const struct bmc_flow *f)
{
	return f->k_rcv == f->passed_end && f->k_snd == f->sent_end;
}

/* ---- rule 3 ------------------------------------------------------------- */

/* Whether data from @seq on repeats the request whose reply is under way. */
static __always_inline bool flow_repeats(const struct bmc_flow *f, u32 seq, u32 bytes)
{
	return (f->flags & BMC_FLOW_UNACKED) && bytes &&
	       seq_before(seq, f->request_seq + f->request_bytes) &&
	       seq_before(f->request_seq, seq + bytes);
}

/* The client has everything up to @ack (wire number, of a verified segment).
 * Returns true if that is news of the reply under way.
 */
static __always_inline bool flow_acknowledged(struct bmc_flow *f, u32 ack)
{
	if (!(f->flags & BMC_FLOW_UNACKED) ||
	    seq_before(ack, f->reply_seq + f->reply_bytes) ||
	    seq_before(f->sent_end + f->d_out, ack))
		return false;
	f->flags &= ~BMC_FLOW_UNACKED;
	return true;
}

/* A request at @seq is served by a reply of @reply_bytes. */
static __always_inline void flow_serve(struct bmc_flow *f, u32 seq, u32 ack, u32 request_bytes,
				       u32 reply_bytes)
{
	if (f->base != f->k_snd || flow_is_plain(f)) {
		f->base = f->k_snd;
		f->d_prev = f->d_out;
	}
	f->d_in += request_bytes;
	f->d_out += reply_bytes;
	f->request_seq = seq;
	f->request_bytes = request_bytes;
	f->reply_seq = ack;
	f->reply_bytes = reply_bytes;
	f->flags = (f->flags & ~BMC_FLOW_HELD) | BMC_FLOW_UNACKED | BMC_FLOW_STORING |
		   BMC_FLOW_TRANSLATED;
	f->served++;
}

/* A new connection on the tuple of an old one: nothing of that one holds. */
static __always_inline void flow_forget(struct bmc_flow *f)
{
	f->flags = 0;
	f->cookie = 0;
	f->k_rcv = f->k_snd = f->passed_end = f->sent_end = f->acked = f->window_end = 0;
	f->d_in = f->d_out = f->base = f->d_prev = 0;
	f->ts_last = 0;
	f->ifindex = 0;
}

#endif /* BMC_TCP_SEQUENCE_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_REPAIR_H
#define BMC_TCP_REPAIR_H

/* What is sent besides first replies (docs/tcp.md rule 3): a reply again, when
 * the client repeats its request, and the acknowledgement that was held back
 * until it had the reply. The client's TCP keeps the time. Layer 10.
 */

#include "tcp/answer.h"

enum { RESEND_AGAIN_NS = 1000000 }; /* for a duplicate acknowledgement */

/* The folded sum of a reply. Global for the *verifier*: walked once. */
__noinline int tcp_sum_reply(struct bmc_flow_reply *reply, u32 bytes)
{
	u64 sum = 0;
	u32 i, word;

	if (!reply)
		return 0;
	for (i = 0; i < BMC_FLOW_REPLY_MAX / 4 + 1; i++, bytes -= 4) {
		word = load_u32(reply->text + i * 4);
		if (bytes < 4)
			return sum_fold(sum + low_bytes(word, bytes));
		sum += word;
	}
	return sum_fold(sum);
}

/* The kept reply into the frame, which is cut to the headers it will have. */
static __always_inline bool resend_text(struct __sk_buff *skb, const struct segment *seg,
					struct bmc_flow_reply *reply, const struct outline *o)
{
	u32 start = seg->l4 + TCP_HEADER + (o->has_timestamps ? TCP_TIMESTAMPS : 0);
	u32 bytes = o->bytes, less = bytes - 1; /* as in reply_copy() */

	hide_bounds(start);
	if (start > 14 + 40 + 32 || bytes > BMC_FLOW_REPLY_MAX)
		return false;
	if (skb->gso_size) {
		if (bpf_skb_change_tail(skb, start + bytes, 0))
			return false;
	} else if (frame_resize(skb, HOOK_TC, skb->len, start + bytes)) {
		return false;
	}
	hide_bounds(less);
	return less < BMC_FLOW_REPLY_MAX &&
	       !bpf_skb_store_bytes(skb, start, reply->text, less + 1, 0);
}

/* Answers a segment that repeats the last served request by the reply that is
 * kept, whatever else it carries. False: it is lost.
 */
static __always_inline bool resend(struct __sk_buff *skb, const struct segment *seg,
				   struct bmc_flow *f)
{
	struct tcp_scratch *t = tcp_scratch_get(false);
	struct bmc_flow_reply *reply;
	struct outline o = { .flags = TCP_ACK | TCP_PSH, .may_fragment = true };
	u64 cookie = f->cookie;
	u32 ms = now_ms();
	s64 was_sum;
	bool is_there;

	if (!t || !seg->is_simple)
		return false;
	reply = bpf_map_lookup_elem(&bmc_replies, &cookie);
	/* What the kernel merged carries the pseudo header's sum alone (GRO). */
	was_sum = skb->gso_size ? 0 : tcp_payload_sum(skb, t);
	if (!reply || was_sum < 0 || !head_load(skb, seg, t))
		return false;
	bpf_spin_lock(&f->lock);
	is_there = (f->flags & (BMC_FLOW_UNACKED | BMC_FLOW_STORING)) == BMC_FLOW_UNACKED &&
		   f->cookie == cookie;
	flow_outline(f, seg, ms, &o);
	o.seq = f->reply_seq;
	o.ack = f->request_seq + f->request_bytes;
	o.bytes = f->reply_bytes;
	o.tos &= ~3;               /* RFC 3168 6.1.5: not of what is sent again */
	bpf_spin_unlock(&f->lock);
	if (!is_there || o.bytes > BMC_FLOW_REPLY_MAX)
		return false;
	o.payload_sum = tcp_sum_reply(reply, o.bytes);
	if (!resend_text(skb, seg, reply, &o) || !segment_turn(skb, seg, t, &o, was_sum))
		return false;
	skb->mark = BMC_MARK;
	tcp_count(BMC_TCP_RESENT);
	return true;
}

/* Sends the acknowledgement that was held back, by way of the bare one that
 * releases it, and makes that what it was. False: it is lost.
 */
static __always_inline bool release_ack(struct __sk_buff *skb, const struct segment *seg,
					struct tcp_scratch *t, const struct outline *o)
{
	u32 header = o->has_timestamps ? TCP_HEADER + TCP_TIMESTAMPS : TCP_HEADER;
	u32 was = seg->header, mark = skb->mark, delta;
	u64 back;

	if (!head_load(skb, seg, t))
		return false;
	hide_bounds(header);
	if (frame_resize(skb, HOOK_TC, skb->len, seg->l4 + header) ||
	    !segment_turn(skb, seg, t, o, 0))
		return false;
	skb->mark = BMC_MARK;
	bpf_clone_redirect(skb, skb->ifindex, 0);
	skb->mark = mark;
	tcp_count(BMC_TCP_ACKS_SENT);
	back = head_sum(t->was.l4, was);
	delta = sum_fold(back + (~sum_fold(back) & 0xffff));
	return !frame_resize(skb, HOOK_TC, seg->l4 + header, seg->l4 + was) &&
	       head_store(skb, seg, &t->was, was, was, was, delta);
}

#endif /* BMC_TCP_REPAIR_H */

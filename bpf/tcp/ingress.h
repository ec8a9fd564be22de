/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_INGRESS_H
#define BMC_TCP_INGRESS_H

/* Segments from clients: answered, or passed up in the kernel's numbers.
 * Layer 11.
 */

#include "serve/hooks.h"
#include "tcp/hidden.h"
#include "tcp/quote.h"
#include "tcp/repair.h"
#include "tcp/translate.h"

enum { FLOW_FAR = 1 << 28 };       /* bytes behind the base: time to move it */

/* What the flow says of a passing segment. */
struct passage {
	struct numbers numbers;
	struct outline held;       /* if is_released */
	bool is_plain;             /* nothing to translate */
	bool is_released;          /* the acknowledgement held back is to be sent */
	bool resends;              /* it asks for the reply again */
};

/* Under the lock. @verified: the segment may be believed. */
static __always_inline void pass_note(struct bmc_flow *f, const struct segment *seg, bool verified,
				      u32 ms, u64 ns, struct passage *p)
{
	u32 ahead = f->sent_end + f->d_out;
	u32 ack = config.test_flags & BMC_TEST_TCP_ONE_DELTA ? seg->ack - f->d_out
							     : flow_ack_in(f, seg->ack);
	bool is_bare = !seg->bytes && !(seg->flags & (TCP_FIN | TCP_RST));

	if (verified && (seg->flags & TCP_ACK)) {
		if (flow_acknowledged(f, seg->ack) && (f->flags & BMC_FLOW_HELD)) {
			p->is_released = is_bare && seg->is_simple;
			f->flags &= ~BMC_FLOW_HELD;
			flow_outline(f, seg, ms, &p->held);
			p->held.flags = TCP_ACK;
			p->held.seq = ahead;
			p->held.ack = f->held_ack + f->d_in;
		}
		if ((s32)(ack - f->base) > FLOW_FAR)
			flow_settle(f, ack);
	}
	/* A hole where the reply should be: the client has what came after it. */
	if ((f->flags & BMC_FLOW_UNACKED) && is_bare && seg->ack == f->reply_seq && seg->has_sack &&
	    ns - f->resent_at > RESEND_AGAIN_NS && !(config.test_flags & BMC_TEST_TCP_NO_RESEND)) {
		f->resent_at = ns;
		p->resends = true;
		return;
	}
	if (seg->bytes || (seg->flags & TCP_FIN))
		flow_passed(f, flow_seq_in(f, seg->seq), flow_seq_in(f, segment_end(seg)));
	p->is_plain = flow_is_plain(f);
	p->numbers.seq = flow_seq_in(f, seg->seq);
	if (seg->flags & TCP_RST && !(config.test_flags & BMC_TEST_TCP_ONE_DELTA))
		p->numbers.seq = flow_reset_in(f, seg->seq);
	p->numbers.ack = ack;
	p->numbers.d_out = f->d_out;
	p->numbers.sack_floor = f->base + f->d_out;
	p->numbers.hides_sack = !!(f->flags & BMC_FLOW_UNACKED);
	p->numbers.window_less = flow_window_excess(f, seg->ack);
	p->numbers.window_shift = f->window_shift_in;
}

/* Whether a segment that passes may be believed: asked only where it matters. */
static __always_inline bool pass_verified(struct __sk_buff *skb, const struct segment *seg,
					  struct bmc_flow *f, struct tcp_scratch *t)
{
	if (!(f->flags & BMC_FLOW_UNACKED) && (s32)(seg->ack - f->d_out - f->base) <= FLOW_FAR)
		return false;
	return (config.test_flags & BMC_TEST_TCP_UNVERIFIED) || tcp_is_verified(skb, t);
}

static __always_inline int pass_segment(struct __sk_buff *skb, const struct segment *seg,
					struct bmc_flow *f)
{
	struct tcp_scratch *t = tcp_scratch_get(false);
	struct passage p = {};
	u64 ns = bpf_ktime_get_ns();
	u32 ms = ns / 1000000;
	bool verified;

	if (!t)
		return VERDICT_TC_SHOT;
	verified = pass_verified(skb, seg, f, t);
	bpf_spin_lock(&f->lock);
	pass_note(f, seg, verified, ms, ns, &p);
	bpf_spin_unlock(&f->lock);
	if (p.resends)
		return resend(skb, seg, f) ? bpf_redirect(skb->ifindex, 0) : VERDICT_TC_SHOT;
	if (p.is_released && !release_ack(skb, seg, t, &p.held))
		return VERDICT_TC_SHOT;
	if (p.is_plain)
		return VERDICT_TC_NEXT;
	if (!segment_translate(skb, seg, &p.numbers, false)) {
		tcp_count(BMC_TCP_DROPPED);
		return VERDICT_TC_SHOT;
	}
	tcp_count(BMC_TCP_TRANSLATED_IN);
	return VERDICT_TC_NEXT;
}

/* Without the lock: what is not idle now is not served, and what is will be
 * looked at again.
 */
static __always_inline bool may_answer(const struct bmc_flow *f, const struct segment *seg)
{
	return flow_goes_on(f, seg->seq, seg->ack) &&
	       (flow_is_quiet(f) || (config.test_flags & BMC_TEST_TCP_PASSED));
}

SEC("tc")
int bmc_tcp_in(struct __sk_buff *skb)
{
	struct tcp_scratch *t = tcp_scratch_get(false);
	struct segment *seg;
	struct bmc_flow *f;
	s32 found;

	if (!config.serves_tcp || !t)
		return VERDICT_TC_NEXT;
	seg = &t->segment;
	found = tcp_parse(skb, seg, false);
	if (found) {
		if (found == SEGMENT_ICMP)
			tcp_translate_quote(skb);
		return found == SEGMENT_HIDDEN && tcp_is_hidden(skb) ? VERDICT_TC_SHOT : VERDICT_TC_NEXT;
	}
	if (skb->pkt_type != 0)
		return VERDICT_TC_NEXT;
	f = flow_get(&seg->key);
	if (!f)
		return VERDICT_TC_NEXT;
	if (seg->flags & TCP_SYN) { /* anybody can send one: it says nothing (rule 6) */
		if (config.test_flags & BMC_TEST_TCP_SYN_RESETS)
			flow_forget(f);
		return VERDICT_TC_NEXT;
	}
	if (!flow_is_plain(f) && f->ifindex != segment_lan(skb)) {
		tcp_count(BMC_TCP_DROPPED); /* it came by another way than the replies go */
		return VERDICT_TC_SHOT;
	}
	if (flow_repeats(f, seg->seq, seg->bytes) &&
	    !(config.test_flags & BMC_TEST_TCP_NO_RESEND))
		return resend(skb, seg, f) ? bpf_redirect(skb->ifindex, 0) : VERDICT_TC_SHOT;
	if (f->ifindex == skb->ifindex && !skb->vlan_present && may_answer(f, seg)) {
		if (!segment_is_plain(skb, seg)) {
			if (seg->bytes)
				tcp_count(BMC_TCP_SHAPE);
		} else {
			enum outcome outcome = answer_request(skb, seg, f);

			if (outcome == OUTCOME_REPLY)
				return bpf_redirect(skb->ifindex, 0);
			if (outcome == OUTCOME_ACK)
				return VERDICT_TC_NEXT;
			if (outcome == OUTCOME_LOST)
				return VERDICT_TC_SHOT;
		}
	}
	return pass_segment(skb, seg, f);
}

#endif /* BMC_TCP_INGRESS_H */

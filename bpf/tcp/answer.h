/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_ANSWER_H
#define BMC_TCP_ANSWER_H

/* Answers a request that came in a segment of its own: the same grammar, cache
 * and reply as over UDP, another frame around them. Layer 10.
 */

#include "serve/serve.h"
#include "tcp/verify.h"
#include "tcp/write.h"

/* Of our own segments, between redirect and egress; each instance has its own. */
#define BMC_MARK (0xb3c10000u | config.port)

/* Milliseconds, as the kernel stamps its segments (RFC 7323 5.4); never less
 * than what was sent before: a segment may have been stamped ahead of its time.
 */
static __always_inline u32 flow_stamp(struct bmc_flow *f, u32 now_ms)
{
	f->ts_last = seq_max(f->ts_last, now_ms + f->ts_offset);
	return f->ts_last;
}

static __always_inline u32 now_ms(void)
{
	return bpf_ktime_get_ns() / 1000000;
}

/* What memcached's side says of itself, in a segment that is ours. */
static __always_inline void flow_outline(struct bmc_flow *f, const struct segment *seg, u32 ms,
					 struct outline *o)
{
	o->window = f->window;
	o->ttl = f->ttl;
	o->tos = f->tos;
	o->has_timestamps = !!(f->flags & BMC_FLOW_TIMESTAMPS);
	o->ts_value = flow_stamp(f, ms);
	o->ts_echo = seg->ts_value;
}

/* Rule 5: one plain segment, nothing but data. */
static __always_inline bool segment_is_plain(const struct __sk_buff *skb,
					     const struct segment *seg)
{
	bool is_bare = (seg->flags & ~TCP_PSH) == TCP_ACK && !seg->reserved && (seg->tos & 3) != 3;

	return seg->is_simple && seg->bytes && !skb->gso_size &&
	       (is_bare || (config.test_flags & BMC_TEST_TCP_ANY_SHAPE)) &&
	       (!seg->has_options || seg->has_timestamps) &&
	       skb->len == seg->l4 + seg->header + seg->bytes;
}

static __always_inline bool segment_begins_a_get(struct __sk_buff *skb, const struct segment *seg)
{
	u32 word;

	return seg->bytes > 4 &&
	       !bpf_skb_load_bytes(skb, seg->l4 + seg->header, &word, sizeof(word)) &&
	       (word == WORD4('g', 'e', 't', ' ') || (word & 0xffffff) == WORD4('m', 'g', ' ', 0));
}

/* What the commit decides, and what the reply needs of the flow. */
struct commit {
	struct outline outline;
	u32 reason;                /* enum bmc_tcp_counter, if it was refused */
	u32 ack_up;                /* kernel number, to be passed up; if has_ack_up */
	u32 seq_up;
	u32 window_less;           /* of the window that is passed up: the reply fills it */
	bool has_ack_up;
	bool is_served;
};

/* Under the lock: serves, or says why not. */
static __always_inline void answer_commit(struct bmc_flow *f, const struct segment *seg,
					  u64 cookie, u32 text_bytes, u64 now, u32 ms,
					  struct commit *commit)
{
	u32 header = f->flags & BMC_FLOW_TIMESTAMPS ? TCP_HEADER + TCP_TIMESTAMPS : TCP_HEADER;
	u64 window = (u64)seg->window << (f->window_shift_in & 15);

	flow_acknowledged(f, seg->ack);
	if (f->cookie != cookie || (f->flags & (BMC_FLOW_UNACKED | BMC_FLOW_CLOSED)) ||
	    !(f->flags & BMC_FLOW_OUT_SEEN) || !flow_goes_on(f, seg->seq, seg->ack) ||
	    (!flow_is_quiet(f) && !(config.test_flags & BMC_TEST_TCP_PASSED))) {
		commit->reason = BMC_TCP_NOT_IDLE;
		return;
	}
	if ((s64)(now - f->armed_at) >= (s64)BMC_FLOW_PASS_S * config.hz) {
		commit->reason = BMC_TCP_DUE;
		return;
	}
	if (seg->header != header) {
		commit->reason = BMC_TCP_SHAPE;
		return;
	}
	if (text_bytes > window) {
		commit->reason = BMC_TCP_TOO_LONG;
		return;
	}
	commit->seq_up = flow_seq_in(f, seg->seq);
	commit->ack_up = f->k_snd;
	commit->has_ack_up = f->acked != f->k_snd;
	commit->window_less = (text_bytes + (1u << (f->window_shift_in & 15)) - 1) >>
			      (f->window_shift_in & 15);
	if (commit->window_less > seg->window)
		commit->window_less = seg->window;
	f->acked = f->k_snd;
	flow_serve(f, seg->seq, seg->ack, seg->bytes, text_bytes);
	flow_outline(f, seg, ms, &commit->outline);
	commit->is_served = true;
}

/* The request's text into the scratch; 0 if the segment is verified. */
static __always_inline s32 answer_load(struct __sk_buff *skb, const struct segment *seg,
				       struct serve_scratch *s, struct found *found)
{
	u32 at = seg->l4 + seg->header, bytes = seg->bytes;
	s32 reason;

	if (!tc_pull(skb))
		return BMC_PASS_NOT_SERVED_PACKET;
	hide_bounds(at);
	hide_bounds(bytes);
	if (at > 14 + 40 + 60)
		return BMC_PASS_NOT_SERVED_PACKET;
	reason = load_text(skb, HOOK_TC, s, at, bytes, found);
	if (reason)
		return reason;
	s->request_bytes = bytes;
	s->padded_bytes = bytes;
	return 0;
}

/* Puts the reply's text where the request's was. Returns 0 and the text's sum,
 * or the reason; the packet is as it was then, or SERVE_LOST.
 */
static __always_inline s32 answer_text(struct __sk_buff *skb, const struct segment *seg,
				       struct serve_scratch *s, const struct found *found,
				       bool is_meta, u32 text_bytes, u64 *sum)
{
	u32 start = seg->l4 + seg->header;
	struct reply_walk walk = { .s = s, .ctx = skb };

	hide_bounds(start);
	if (start > 14 + 40 + 60 || text_bytes > BMC_FLOW_REPLY_MAX)
		return BMC_PASS_REPLY_TOO_LONG;
	walk.start = start;
	if (frame_resize(skb, HOOK_TC, start + s->padded_bytes, start + text_bytes))
		return BMC_PASS_NO_ROOM;
	if (!(is_meta ? reply_put_meta(skb, HOOK_TC, &walk)
		      : reply_put_values(skb, HOOK_TC, &walk, found, true)))
		return restore_request(skb, HOOK_TC, start, s, text_bytes);
	*sum = walk.sum;
	return 0;
}

/* Keeps the reply, which is in the frame, until the client has it. */
static __always_inline void answer_keep(struct __sk_buff *skb, const struct segment *seg,
					struct bmc_flow *f, struct bmc_flow_reply *reply, u32 bytes)
{
	u32 less = bytes - 1;      /* as in reply_copy() */

	hide_bounds(less);
	hide_bounds(reply); /* the *compiler* knows that it is not NULL, the *verifier* does not */
	if (reply && less < BMC_FLOW_REPLY_MAX)
		bpf_skb_load_bytes(skb, seg->l4 + seg->header, reply->text, less + 1);
	bpf_spin_lock(&f->lock);
	f->flags &= ~BMC_FLOW_STORING;
	bpf_spin_unlock(&f->lock);
}

/* Makes the frame, which is a reply by now, the bare acknowledgement that came
 * with the request, in kernel numbers.
 */
static __always_inline bool answer_ack_up(struct __sk_buff *skb, const struct segment *seg,
					  struct tcp_scratch *t, const struct commit *commit,
					  u32 request_sum)
{
	u64 was = head_sum(t->was.l4, seg->header) + request_sum;
	u32 header = seg->header, delta;

	t->now = t->was;
	store_u32(t->now.l4 + 4, bpf_htonl(commit->seq_up));
	store_u32(t->now.l4 + 8, bpf_htonl(commit->ack_up));
	t->now.l4[13] = TCP_ACK;
	*(u16 *)(t->now.l4 + 14) = bpf_htons(seg->window - commit->window_less);
	head_ip_length(t->now.l3, seg->is_v6, header);
	delta = sum_fold(head_sum(t->now.l4, header) + (~sum_fold(was) & 0xffff));
	return !bpf_skb_change_tail(skb, seg->l4 + header, 0) &&
	       head_store(skb, seg, &t->now, header, header + seg->bytes, header, delta);
}

/* The first reply of a flow needs a place to be kept. */
static __always_inline struct bmc_flow_reply *reply_get(struct tcp_scratch *t, u64 cookie)
{
	struct bmc_flow_reply *reply = bpf_map_lookup_elem(&bmc_replies, &cookie);

	if (reply)
		return reply;
	bpf_map_update_elem(&bmc_replies, &cookie, &t->reply, BPF_NOEXIST);
	return bpf_map_lookup_elem(&bmc_replies, &cookie);
}

enum outcome {
	OUTCOME_PASS,               /* the packet is as it was */
	OUTCOME_REPLY,              /* it is the reply */
	OUTCOME_ACK,                /* the reply is on its way, it is a bare acknowledgement */
	OUTCOME_LOST,
};

/* Writes the reply's headers and sends it. */
static __always_inline enum outcome answer_send(struct __sk_buff *skb, const struct segment *seg,
					       struct tcp_scratch *t, struct commit *commit,
					       enum field field, u32 request_sum)
{
	u32 mark = skb->mark;

	if (!plain_turn(skb, seg, t, &commit->outline, field, request_sum))
		return OUTCOME_LOST;
	skb->mark = BMC_MARK;
	if (!commit->has_ack_up)
		return OUTCOME_REPLY;
	/* memcached's last answer is acknowledged by nothing but this segment. */
	bpf_clone_redirect(skb, skb->ifindex, 0);
	skb->mark = mark;
	tcp_count(BMC_TCP_ACKS_PASSED);
	return answer_ack_up(skb, seg, t, commit, request_sum) ? OUTCOME_ACK : OUTCOME_LOST;
}

/* Bytes of text that one segment takes. Over IPv6 one that every path takes
 * (RFC 8200 5): a reply that is too long for a path is not cut on the way, and
 * what is kept of it cannot be sent again as two.
 */
static __always_inline u32 reply_limit(const struct bmc_flow *f, const struct segment *seg)
{
	u32 limit = f->mss < BMC_FLOW_REPLY_MAX ? f->mss : BMC_FLOW_REPLY_MAX;

	return seg->is_v6 && limit > 1280 - 40 - 32 ? 1280 - 40 - 32 : limit;
}

/* A request on its way to its answer. */
struct answering {
	struct found found;
	u64 sum;                   /* of the reply's text */
	u32 text_bytes;
	enum field field;          /* what the request's checksum holds */
	bool is_meta;
};

/* What the request asks for, all of it found and right: 0, or the reason. */
static __always_inline s32 answer_find(struct __sk_buff *skb, const struct segment *seg,
				       const struct bmc_state *state, struct serve_scratch *s,
				       struct answering *a)
{
	s32 reason;

	s->now = bpf_jiffies64();
	s->epoch = READ_ONCE(state->epoch);
	reason = answer_load(skb, seg, s, &a->found);
	if (reason)
		return reason;
	a->field = plain_field(skb, seg, s->request_sum);
	if (a->field == FIELD_WRONG && !(config.test_flags & BMC_TEST_TCP_UNVERIFIED))
		return BMC_PASS_CHECKSUM;
	if (READ_ONCE(state->stopped) ||
	    (s64)(s->now - READ_ONCE(state->heartbeat)) >= BMC_HEARTBEAT_MAX_S * config.hz)
		return BMC_PASS_STOPPED;
	reason = find_request(s, &a->found, true, &a->is_meta);
	a->text_bytes = reply_bytes(s, a->is_meta);
	return reason;
}

static __always_inline enum outcome answer_refuse(struct bmc_tcp_stats *stats, s32 reason)
{
	u32 index = reason;

	hide_bounds(index);
	if (index < BMC_PASS_NR)
		stats->passes[index]++;
	return reason == SERVE_LOST ? OUTCOME_LOST : OUTCOME_PASS;
}

static __always_inline enum outcome answer_request(struct __sk_buff *skb, const struct segment *seg,
						  struct bmc_flow *f)
{
	struct bmc_tcp_stats *stats = tcp_stats_get();
	struct bmc_state *state = state_get();
	struct serve_scratch *s = scratch_get();
	struct tcp_scratch *t = tcp_scratch_get(false);
	struct answering a = {};
	struct bmc_flow_reply *reply;
	struct commit commit = {};
	u64 cookie = f->cookie;
	s32 reason;
	u32 ms;

	if (!state || !s || !t || !stats)
		return OUTCOME_PASS;
	/* Writes are not even made linear. */
	if (!segment_begins_a_get(skb, seg))
		return answer_refuse(stats, BMC_PASS_NOT_GET);
	reason = answer_find(skb, seg, state, s, &a);
	if (!reason && a.text_bytes > reply_limit(f, seg)) {
		tcp_count(BMC_TCP_TOO_LONG);
		return OUTCOME_PASS;
	}
	reply = reason ? 0 : reply_get(t, cookie);
	if (!reason && !reply)
		reason = BMC_PASS_NO_ROOM;
	if (!reason)
		reason = answer_text(skb, seg, s, &a.found, a.is_meta, a.text_bytes, &a.sum);
	if (reason)
		return answer_refuse(stats, reason);
	ms = now_ms();
	bpf_spin_lock(&f->lock);
	answer_commit(f, seg, cookie, a.text_bytes, s->now, ms, &commit);
	bpf_spin_unlock(&f->lock);
	if (!commit.is_served) {
		tcp_count(commit.reason);
		reason = restore_request(skb, HOOK_TC, seg->l4 + seg->header, s, a.text_bytes);
		return reason == SERVE_LOST ? OUTCOME_LOST : OUTCOME_PASS;
	}
	stats->counts[BMC_TCP_SERVED] += s->get_count;
	stats->counts[BMC_TCP_SERVED_BYTES] += a.text_bytes;
	answer_keep(skb, seg, f, reply, a.text_bytes);
	commit.outline.seq = seg->ack;
	commit.outline.ack = seg->seq + seg->bytes;
	commit.outline.flags = TCP_ACK | TCP_PSH;
	commit.outline.bytes = a.text_bytes;
	commit.outline.payload_sum = sum_fold(a.sum);
	return answer_send(skb, seg, t, &commit, a.field, s->request_sum);
}

#endif /* BMC_TCP_ANSWER_H */

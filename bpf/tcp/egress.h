/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_EGRESS_H
#define BMC_TCP_EGRESS_H

/* Segments to clients, in the client's numbers. Layer 11. */

#include "tcp/ingress.h"

/* Under the lock: what the socket's own segment says of it. */
static __always_inline void out_note(struct bmc_flow *f, const struct segment *seg, u32 ifindex)
{
	u32 end = segment_end(seg);
	u32 window_end = seg->ack + ((u32)seg->window << (f->window_shift_out & 15));

	if (flow_is_plain(f))
		f->ifindex = ifindex;
	if (!(f->flags & BMC_FLOW_OUT_SEEN)) {
		f->ts_last = seg->ts_value;
		f->sent_end = end;
		f->window_end = window_end;
		f->flags |= BMC_FLOW_OUT_SEEN;
	}
	f->sent_end = seq_max(f->sent_end, end);
	f->window_end = seq_max(f->window_end, window_end);
	f->window = bpf_htons(seg->window);
	f->ttl = seg->ttl;
	f->tos = seg->tos;
	if (seg->has_timestamps)
		f->ts_last = seq_max(f->ts_last, seg->ts_value);
}

/* Under the lock: what the segment is to say; false if it cannot be said. */
static __always_inline bool out_numbers(struct bmc_flow *f, const struct segment *seg,
					struct numbers *n, bool *held)
{
	bool fits = flow_seq_out(f, seg->seq, segment_end(seg), &n->seq);

	n->ack = config.test_flags & BMC_TEST_TCP_NO_HOLD ? seg->ack + f->d_in
							  : flow_ack_out(f, seg->ack, held);
	n->d_in = f->d_in;
	n->hides_sack = *held;
	if (!(config.test_flags & BMC_TEST_TCP_ONE_DELTA))
		return fits;
	n->seq = seg->seq + f->d_out;
	return true;
}

/* RST with ACK from elsewhere answers a segment without ACK (RFC 9293 3.10.7.1): a SYN
 * on the ports of a connection that is closed, and SYNs come up as they are.
 */
static __always_inline bool is_refusal(const struct bmc_flow *f, const struct segment *seg,
				       u64 cookie)
{
	return (seg->flags & (TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) &&
	       f->flags & BMC_FLOW_CLOSED && cookie != f->cookie;
}

/* A segment that ingress made is in the client's numbers already. It is nobody's,
 * or still the client's own, if that is on this machine (veth hands sockets on);
 * what memcached's socket sends may have any mark (SO_MARK, tcp_fwmark_accept).
 */
static __always_inline bool is_our_own(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return skb->mark == BMC_MARK && (!sk || sk->src_port != config.port);
}

SEC("tc")
int bmc_tcp_out(struct __sk_buff *skb)
{
	struct tcp_scratch *t = tcp_scratch_get(true);
	struct numbers n = {};
	struct segment *seg;
	struct bmc_flow *f;
	bool is_plain, held = false, fits = true;
	u64 cookie, old;

	if (!config.serves_tcp || !t)
		return VERDICT_TC_NEXT;
	if (is_our_own(skb)) {
		skb->mark = 0;
		return VERDICT_TC_NEXT;
	}
	seg = &t->segment;
	if (tcp_parse(skb, seg, true))
		return VERDICT_TC_NEXT;
	f = flow_get(&seg->key);
	if (!f)
		return VERDICT_TC_NEXT;
	cookie = bpf_get_socket_cookie(skb);
	bpf_spin_lock(&f->lock);
	if (seg->flags & TCP_SYN) {
		old = f->cookie;
		flow_forget(f);
		bpf_spin_unlock(&f->lock);
		bpf_map_delete_elem(&bmc_replies, &old);
		bpf_map_delete_elem(&bmc_flows, &seg->key); /* nobody else would, if it is never armed */
		return VERDICT_TC_NEXT;
	}
	is_plain = flow_is_plain(f) || is_refusal(f, seg, cookie);
	if (!is_plain && f->ifindex != segment_lan(skb)) {
		/* By another way than the one on which it is translated: untranslated it
		 * would be taken for other bytes.
		 */
		f->flags &= ~BMC_FLOW_ARMED;
		bpf_spin_unlock(&f->lock);
		tcp_count(BMC_TCP_DROPPED);
		return VERDICT_TC_SHOT;
	}
	if (cookie && cookie == f->cookie)
		out_note(f, seg, segment_lan(skb));
	if (!is_plain)
		fits = out_numbers(f, seg, &n, &held);
	bpf_spin_unlock(&f->lock);
	if (is_plain)
		return VERDICT_TC_NEXT;
	if (held)
		tcp_count(BMC_TCP_ACKS_HELD);
	if (!fits || !segment_translate(skb, seg, &n, true)) {
		tcp_count(BMC_TCP_DROPPED);
		return VERDICT_TC_SHOT;
	}
	tcp_count(BMC_TCP_TRANSLATED_OUT);
	return VERDICT_TC_NEXT;
}

#endif /* BMC_TCP_EGRESS_H */

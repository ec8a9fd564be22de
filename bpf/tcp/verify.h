/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_VERIFY_H
#define BMC_TCP_VERIFY_H

/* TC runs before the stack checks a segment's checksum (RFC 9293 3.1), so
 * whatever is believed of one is checked here first (docs/tcp.md rule 4).
 * Layer 9.
 */

#include "serve/load.h"
#include "tcp/scratch.h"

static __always_inline u64 tcp_sum_pseudo(const struct segment *seg)
{
	u64 sum = (u64)bpf_htons(IPPROTO_TCP) + bpf_htons(seg->header + seg->bytes);

	sum = sum_add(sum, load_u64(seg->key.client.bytes));
	sum = sum_add(sum, load_u64(seg->key.client.bytes + 8));
	sum = sum_add(sum, load_u64(seg->key.server.bytes));
	return sum_add(sum, load_u64(seg->key.server.bytes + 8));
}

/* What the checksum field holds. */
enum field {
	FIELD_WRONG,
	FIELD_WHOLE,               /* the sum of the segment, which is right */
	FIELD_PSEUDO,              /* that of the pseudo header alone: a local sender's (PARTIAL) */
};

/* The same for a segment of which segment_is_plain() is true, whose header lies
 * in the frame's linear part.
 */
static __always_inline enum field plain_field(struct __sk_buff *skb, const struct segment *seg,
					      u32 payload_sum)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	u64 pseudo = tcp_sum_pseudo(seg), sum;
	const u8 *l4 = HEADER_AT(data, seg->l4);
	bool is_pseudo;

	hide_bounds(l4);
	if ((void *)(l4 + TCP_HEADER) > end)
		return FIELD_WRONG;
	if (bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return FIELD_WHOLE;
	is_pseudo = sum_fold(pseudo) == *(const u16 *)(l4 + 16);
	sum = sum_add(pseudo, payload_sum) + load_u32(l4) + load_u32(l4 + 4) + load_u32(l4 + 8) +
	      load_u32(l4 + 12) + load_u32(l4 + 16);
	if (seg->has_timestamps) {
		if ((void *)(l4 + TCP_HEADER + TCP_TIMESTAMPS) > end)
			return FIELD_WRONG;
		sum += (u64)load_u32(l4 + 20) + load_u32(l4 + 24) + load_u32(l4 + 28);
	}
	/* One sum in 65,536 could be either: that request is memcached's. */
	if (is_pseudo)
		return sum_fold(sum) == 0xffff ? FIELD_WRONG : FIELD_PSEUDO;
	return sum_fold(sum) == 0xffff ? FIELD_WHOLE : FIELD_WRONG;
}

/* The sum of a payload, a piece at a time. */
struct payload_walk {
	struct __sk_buff *skb;
	struct tcp_scratch *t;
	u32 at;
	u32 left;
	u64 sum;
	bool is_lost;
};

static long payload_step(u32 turn __attribute__((unused)), struct payload_walk *walk)
{
	u8 *piece = walk->t->piece;
	u32 bytes = walk->left < 512 ? walk->left : 512, less = bytes - 1;

	hide_bounds(less);
	if (less >= 512)
		return 1; /* nothing is left */
	__builtin_memset(piece, 0, 512);
	if (bpf_skb_load_bytes(walk->skb, walk->at, piece, less + 1)) {
		walk->is_lost = true;
		return 1;
	}
	walk->sum += (u32)bpf_csum_diff(0, 0, (void *)piece, 512, 0);
	walk->at += bytes;
	walk->left -= bytes;
	return 0;
}

enum { PAYLOAD_PIECES = 65536 / 512 + 1 };

/* The folded sum of the payload, or -1. Global for the *verifier*. */
__noinline s64 tcp_payload_sum(struct __sk_buff *skb, struct tcp_scratch *t)
{
	struct payload_walk walk = { .skb = skb, .t = t };

	if (!t)
		return -1;
	walk.at = t->segment.l4 + t->segment.header;
	walk.left = t->segment.bytes;
	bpf_loop(PAYLOAD_PIECES, payload_step, &walk, 0);
	return walk.is_lost || walk.left ? -1 : (s64)sum_fold(walk.sum);
}

/* Whether the segment is as it was sent: the stack has checked it, or it comes
 * from this machine (CHECKSUM_PARTIAL), or its sum is right.
 */
__noinline int tcp_is_verified(struct __sk_buff *skb, struct tcp_scratch *t)
{
	u32 header, i;
	s64 payload;
	u64 sum;

	if (!t)
		return false;
	if (bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return true;
	header = t->segment.header;
	__builtin_memset(t->options, 0, sizeof(t->options));
	hide_bounds(header);
	if (header < TCP_HEADER || header > HEAD_L4_MAX ||
	    bpf_skb_load_bytes(skb, t->segment.l4, t->options, header))
		return false;
	sum = tcp_sum_pseudo(&t->segment);
	if (sum_fold(sum) == *(u16 *)(t->options + 16))
		return true;
	payload = tcp_payload_sum(skb, t);
	if (payload < 0)
		return false;
	sum += payload;
	for (i = 0; i < HEAD_L4_MAX / 4; i++)
		sum += load_u32(t->options + i * 4);
	return sum_fold(sum) == 0xffff;
}

#endif /* BMC_TCP_VERIFY_H */

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

	hide_bounds(l4);
	if ((void *)(l4 + TCP_HEADER) > end)
		return FIELD_WRONG;
	if (sum_fold(pseudo) == *(const u16 *)(l4 + 16))
		return FIELD_PSEUDO;
	if (bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return FIELD_WHOLE;
	sum = sum_add(pseudo, payload_sum) + load_u32(l4) + load_u32(l4 + 4) + load_u32(l4 + 8) +
	      load_u32(l4 + 12) + load_u32(l4 + 16);
	if (seg->has_timestamps) {
		if ((void *)(l4 + TCP_HEADER + TCP_TIMESTAMPS) > end)
			return FIELD_WRONG;
		sum += (u64)load_u32(l4 + 20) + load_u32(l4 + 24) + load_u32(l4 + 28);
	}
	return sum_fold(sum) == 0xffff ? FIELD_WHOLE : FIELD_WRONG;
}

/* @payload_sum: folded, of the seg->bytes of payload. */
static __always_inline bool segment_is_verified(struct __sk_buff *skb, const struct segment *seg,
						struct tcp_scratch *t, u32 payload_sum)
{
	u64 pseudo = tcp_sum_pseudo(seg), sum;
	u32 header = seg->header, i;
	u16 check;

	if (bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return true;
	__builtin_memset(t->options, 0, sizeof(t->options));
	hide_bounds(header);
	if (header < TCP_HEADER || header > HEAD_L4_MAX ||
	    bpf_skb_load_bytes(skb, seg->l4, t->options, header))
		return false;
	check = *(u16 *)(t->options + 16);
	if (sum_fold(pseudo) == check) /* CHECKSUM_PARTIAL: a local sender's */
		return true;
	sum = sum_add(pseudo, payload_sum);
	for (i = 0; i < HEAD_L4_MAX / 4; i++)
		sum += load_u32(t->options + i * 4);
	return sum_fold(sum) == 0xffff;
}

#endif /* BMC_TCP_VERIFY_H */

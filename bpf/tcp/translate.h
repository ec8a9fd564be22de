/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_TRANSLATE_H
#define BMC_TCP_TRANSLATE_H

/* Writes other sequence numbers into a segment that passes (docs/tcp.md rule
 * 2). Layer 9.
 */

#include "tcp/write.h"

/* What a passing segment is to say. */
struct numbers {
	u32 seq;
	u32 ack;
	u32 d_out;                 /* of the flow, for SACK blocks from the client */
	u32 d_in;                  /* for those to the client */
	u32 sack_floor;            /* wire number below which the kernel has nothing */
	u32 window_less;           /* bytes by which the window shrinks */
	u8 window_shift;
	bool hides_sack;           /* no block is to be seen */
};

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_SACK = 5, OPTIONS_MAX = 40 };

/* One SACK block at t->options + @at, to @put; false if it cannot be said. */
static __always_inline bool sack_block(struct tcp_scratch *t, u32 at, u32 put,
				       const struct numbers *n, bool is_out)
{
	u32 from, to;

	if (at > OPTIONS_MAX - 8 || put > OPTIONS_MAX - 8)
		return false;
	from = bpf_ntohl(load_u32(t->options + at));
	to = bpf_ntohl(load_u32(t->options + at + 4));
	if (!is_out && seq_before(from, n->sack_floor))
		return false;
	from += is_out ? n->d_in : -n->d_out;
	to += is_out ? n->d_in : -n->d_out;
	store_u32(t->options + put, bpf_htonl(from));
	store_u32(t->options + put + 4, bpf_htonl(to));
	return true;
}

/* The functions that follow are global for the *verifier*: each is walked once,
 * and what it returns is any number.
 */

__noinline int tcp_make_nops(struct tcp_scratch *t, u32 at, u32 bytes)
{
	u32 i;

	if (!t)
		return 0;
	for (i = 0; i < OPTIONS_MAX; i++)
		if (i >= at && i < at + bytes)
			t->options[i] = OPTION_NOP;
	return 0;
}

/* The SACK option (RFC 2018) of @bytes at @at: translated. Blocks that cannot be
 * said are left out, and NOPs fill up the rest.
 */
__noinline int tcp_translate_sack(struct tcp_scratch *t, struct numbers *n, u32 at, u32 bytes,
				  u32 is_out)
{
	u32 i, end = at + 2;

	if (!t || !n || at > OPTIONS_MAX - 2)
		return 0;
	for (i = 0; i < 4 && !n->hides_sack; i++)
		if (i * 8 + 10 <= bytes && sack_block(t, at + 2 + i * 8, end, n, is_out))
			end += 8;
	if (end == at + 2)
		end = at;
	else
		t->options[at + 1] = end - at;
	return tcp_make_nops(t, end, at + bytes - end);
}

/* The length of the option at @at, 0 if it is the last one or none. */
__noinline int tcp_option_bytes(struct tcp_scratch *t, u32 at)
{
	if (!t || at >= OPTIONS_MAX || t->options[at] == OPTION_END)
		return 0;
	if (t->options[at] == OPTION_NOP)
		return 1;
	return t->options[at + 1] < 2 ? 0 : t->options[at + 1];
}

__noinline int tcp_translate_options(struct tcp_scratch *t, struct numbers *n, u32 bytes,
				     u32 is_out)
{
	u32 at = 0, i, length;

	if (!t || !n)
		return 0;
	for (i = 0; i < OPTIONS_MAX && at < bytes && at < OPTIONS_MAX; i++) {
		length = tcp_option_bytes(t, at);
		if (!length)
			break;
		if (t->options[at] == OPTION_SACK && length > 1 && at + length <= bytes)
			tcp_translate_sack(t, n, at, length, is_out);
		at += length;
	}
	return 0;
}

/* Options other than the timestamps alone: returns what their translation adds
 * to the checksum; false if the segment cannot be written.
 */
static __always_inline bool translate_options(struct __sk_buff *skb, const struct segment *seg,
					      struct numbers *n, bool is_out, u64 *delta)
{
	struct tcp_scratch *t = tcp_scratch_get(is_out);
	u32 bytes = seg->header - TCP_HEADER;

	if (!t)
		return false;
	hide_bounds(bytes);
	if (!bytes || bytes > OPTIONS_MAX)
		return false;
	__builtin_memset(t->options, 0, sizeof(t->options));
	if (bpf_skb_load_bytes(skb, seg->l4 + TCP_HEADER, t->options, bytes))
		return false;
	__builtin_memcpy(t->options_was, t->options, sizeof(t->options));
	tcp_translate_options(t, n, bytes, is_out);
	*delta += sum_fold(head_sum(t->options, OPTIONS_MAX)) +
		  (~sum_fold(head_sum(t->options_was, OPTIONS_MAX)) & 0xffff);
	return !bpf_skb_store_bytes(skb, seg->l4 + TCP_HEADER, t->options, bytes, 0);
}

/* False if the segment cannot be translated, and so has to be dropped. */
static __always_inline bool segment_translate(struct __sk_buff *skb, const struct segment *seg,
					      struct numbers *n, bool is_out)
{
	u32 words[3], window = seg->window, at = seg->l4, less;
	u64 was, delta = 0;

	hide_bounds(at);
	if (at > SEGMENT_L4_MAX || bpf_skb_load_bytes(skb, at + 4, words, sizeof(words)))
		return false;
	was = (u64)words[0] + words[1] + words[2];
	words[0] = bpf_htonl(n->seq);
	if (seg->flags & TCP_ACK)
		words[1] = bpf_htonl(n->ack);
	if (n->window_less) {
		less = (n->window_less + (1u << (n->window_shift & 15)) - 1) >> (n->window_shift & 15);
		window = window > less ? window - less : 0;
		words[2] = (words[2] & 0xffff) | (u32)bpf_htons(window) << 16;
	}
	if (seg->has_options && !seg->has_timestamps &&
	    !translate_options(skb, seg, n, is_out, &delta))
		return false;
	delta = sum_fold(delta + words[0] + words[1] + words[2] + (~sum_fold(was) & 0xffff));
	return !bpf_skb_store_bytes(skb, at + 4, words, sizeof(words), 0) &&
	       !bpf_l4_csum_replace(skb, at + 16, 0, delta, 0);
}

#endif /* BMC_TCP_TRANSLATE_H */

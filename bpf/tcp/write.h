/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_WRITE_H
#define BMC_TCP_WRITE_H

/* Segments, written in the place of the one that arrived. Checksums change by
 * differences through the kernel's helper, which knows whether the field holds
 * a whole sum or the pseudo header's alone. Layer 9.
 */

#include "serve/frame.h"
#include "tcp/scratch.h"
#include "tcp/verify.h"

/* What the sender of a segment says. */
struct outline {
	u32 seq;
	u32 ack;
	u32 ts_value;
	u32 ts_echo;
	u32 bytes;                 /* of payload */
	u32 payload_sum;           /* folded, of the payload */
	__be16 window;
	u8 flags;
	u8 ttl;
	u8 tos;
	bool has_timestamps;
	bool may_fragment;
};

/* By whole words; a memcpy would be one of bytes. @bytes: 34 or 54. */
static __always_inline void head_copy(u8 *to, const u8 *from, u32 bytes)
{
	u32 i;

	for (i = 0; i + 8 <= bytes; i += 8)
		store_u64(to + i, load_u64(from + i));
	if (bytes & 4) {
		store_u32(to + i, load_u32(from + i));
		i += 4;
	}
	*(u16 *)(to + i) = *(const u16 *)(from + i);
}

/* The headers as they came. */
static __always_inline bool head_load(struct __sk_buff *skb, const struct segment *seg,
				      struct tcp_scratch *t)
{
	u32 header = seg->header;

	hide_bounds(header);
	if (header < TCP_HEADER || header > HEAD_L4_MAX ||
	    bpf_skb_load_bytes(skb, seg->l4, t->was.l4, header))
		return false;
	return seg->is_v6 ? !bpf_skb_load_bytes(skb, 0, t->was.l3, 54)
			  : !bpf_skb_load_bytes(skb, 0, t->was.l3, 34);
}

static __always_inline void head_ip_length(u8 *l3, bool is_v6, u32 l4_bytes)
{
	struct iphdr *ip = (void *)(l3 + 14);
	u64 sum;

	if (is_v6) {
		((struct ipv6hdr *)ip)->payload_len = bpf_htons(l4_bytes);
		return;
	}
	ip->tot_len = bpf_htons(sizeof(*ip) + l4_bytes);
	ip->check = 0;
	sum = (u64)load_u32(l3 + 14) + load_u32(l3 + 18) + load_u32(l3 + 22) +
	      load_u32(l3 + 26) + load_u32(l3 + 30);
	ip->check = ~sum_fold(sum);
}

/* Ethernet and IP of a segment back to the client. */
static __always_inline void head_turn(struct tcp_scratch *t, bool is_v6, const struct outline *o,
				      u32 l4_bytes)
{
	const u8 *was = t->was.l3;
	u8 *now = t->now.l3;

	__builtin_memcpy(now, was + 6, 6);
	__builtin_memcpy(now + 6, was, 6);
	now[12] = was[12];
	now[13] = was[13];
	if (is_v6) {
		store_u32(now + 14, bpf_htonl(0x60000000 | (u32)o->tos << 20));
		now[18] = 0;
		now[19] = 0;
		now[20] = IPPROTO_TCP;
		now[21] = o->ttl;
		__builtin_memcpy(now + 22, was + 38, 16);
		__builtin_memcpy(now + 38, was + 22, 16);
	} else {
		now[14] = 0x45;
		now[15] = o->tos;
		now[18] = 0; /* an identification is needed by fragments only, RFC 6864 */
		now[19] = 0;
		now[20] = 0x40;
		now[21] = 0;
		if (o->may_fragment) {
			u32 id = bpf_get_prandom_u32();

			now[18] = id;
			now[19] = id >> 8;
			now[20] = 0;
		}
		now[22] = o->ttl;
		now[23] = IPPROTO_TCP;
		__builtin_memcpy(now + 26, was + 30, 4);
		__builtin_memcpy(now + 30, was + 26, 4);
	}
	head_ip_length(now, is_v6, l4_bytes);
}

/* The TCP header of a segment back to the client; returns its length. */
static __always_inline u32 head_turn_tcp(struct tcp_scratch *t, const struct outline *o)
{
	u32 header = o->has_timestamps ? TCP_HEADER + TCP_TIMESTAMPS : TCP_HEADER;
	u8 *now = t->now.l4;

	store_u32(now, load_u32(t->was.l4) << 16 | load_u32(t->was.l4) >> 16); /* ports */
	store_u32(now + 4, bpf_htonl(o->seq));
	store_u32(now + 8, bpf_htonl(o->ack));
	now[12] = header << 2;
	now[13] = o->flags;
	*(u16 *)(now + 14) = o->window;
	*(u16 *)(now + 16) = *(u16 *)(t->was.l4 + 16); /* the helper adjusts it */
	*(u16 *)(now + 18) = 0;
	store_u32(now + 20, bpf_htonl(0x0101080a));
	store_u32(now + 24, bpf_htonl(o->ts_value));
	store_u32(now + 28, bpf_htonl(o->ts_echo));
	return header;
}

/* Stores headers and makes the checksum right. @from and @to: bytes of TCP
 * header and payload before and after; @delta: what they add, without the
 * lengths in the pseudo header.
 */
static __always_inline bool head_store(struct __sk_buff *skb, const struct segment *seg,
				       const struct head *head, u32 header, u32 from, u32 to,
				       u32 delta)
{
	u32 at = seg->l4 + 16;

	hide_bounds(header);
	if (header < TCP_HEADER || header > HEAD_L4_MAX ||
	    bpf_skb_store_bytes(skb, seg->l4, head->l4, header, 0) ||
	    (seg->is_v6 ? bpf_skb_store_bytes(skb, 0, head->l3, 54, 0)
			: bpf_skb_store_bytes(skb, 0, head->l3, 34, 0)))
		return false;
	return !bpf_l4_csum_replace(skb, at, bpf_htons(from), bpf_htons(to),
				    BPF_F_PSEUDO_HDR | sizeof(u16)) &&
	       !bpf_l4_csum_replace(skb, at, 0, delta, 0);
}

/* @n: a multiple of 4. */
static __always_inline u64 head_sum(const u8 *l4, u32 n)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < HEAD_L4_MAX; i += 4)
		sum += i < n ? load_u32(l4 + i) : 0;
	return sum;
}

/* Makes the frame, whose payload of o->bytes is in place already and whose
 * headers are in t->was, a segment back to the client. @was_sum: folded, of the
 * payload that it had.
 */
static __always_inline bool segment_turn(struct __sk_buff *skb, const struct segment *seg,
					 struct tcp_scratch *t, const struct outline *o,
					 u32 was_sum)
{
	u32 header = head_turn_tcp(t, o), delta;
	u64 was = head_sum(t->was.l4, seg->header) + was_sum;

	head_turn(t, seg->is_v6, o, header + o->bytes);
	delta = sum_fold(head_sum(t->now.l4, header) + o->payload_sum + (~sum_fold(was) & 0xffff));
	return head_store(skb, seg, &t->now, header, seg->header + seg->bytes, header + o->bytes,
			  delta);
}

/* The same at the first time, when nothing but the payload has changed since
 * the segment came: without helpers, which cost more than all of this.
 * @field: what the checksum holds.
 */
static __always_inline bool plain_turn(struct __sk_buff *skb, const struct segment *seg,
				       struct tcp_scratch *t, const struct outline *o,
				       enum field field, u32 was_sum)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	u32 header = o->has_timestamps ? TCP_HEADER + TCP_TIMESTAMPS : TCP_HEADER, i;
	u64 was, now, lengths = (u64)bpf_htons(header + o->bytes) +
				(~bpf_htons(header + seg->bytes) & 0xffff);
	u8 *l4 = HEADER_AT(data, seg->l4);
	u16 check;

	hide_bounds(l4);
	if ((void *)(l4 + TCP_HEADER) > end)
		return false;
	for (i = 0; i < TCP_HEADER; i += 4)
		store_u32(t->was.l4 + i, load_u32(l4 + i));
	if (o->has_timestamps) {
		if ((void *)(l4 + TCP_HEADER + TCP_TIMESTAMPS) > end)
			return false;
		for (i = TCP_HEADER; i < TCP_HEADER + TCP_TIMESTAMPS; i += 4)
			store_u32(t->was.l4 + i, load_u32(l4 + i));
	}
	hide_bounds(data);
	if (data + HEAD_L3_MAX > end) /* an IPv4 header, a TCP header and a reply are longer, too */
		return false;
	head_copy(t->was.l3, data, HEAD_L3_MAX);
	head_turn_tcp(t, o);
	head_turn(t, seg->is_v6, o, header + o->bytes);
	check = *(u16 *)(t->was.l4 + 16);
	was = head_sum(t->was.l4, header);
	now = head_sum(t->now.l4, header);
	if (field == FIELD_PSEUDO)
		check = sum_fold(check + lengths);
	else
		check = ~sum_fold((~check & 0xffff) + lengths + now + o->payload_sum +
				  (~sum_fold(was + was_sum) & 0xffff));
	*(u16 *)(t->now.l4 + 16) = check;
	for (i = 0; i < TCP_HEADER; i += 4)
		store_u32(l4 + i, load_u32(t->now.l4 + i));
	if (o->has_timestamps)
		for (i = TCP_HEADER; i < TCP_HEADER + TCP_TIMESTAMPS; i += 4)
			store_u32(l4 + i, load_u32(t->now.l4 + i));
	if (seg->is_v6)
		head_copy(data, t->now.l3, 54);
	else
		head_copy(data, t->now.l3, 34);
	return true;
}

#endif /* BMC_TCP_WRITE_H */

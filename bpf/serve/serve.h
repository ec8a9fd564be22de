/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_SERVE_H
#define BMC_SERVE_SERVE_H

/* One request, from the parsed headers to the reply that lies in its place, the
 * same at both hooks: load, admit, parse, look up, answer. Each step returns 0
 * or the reason to leave the packet to memcached as it came (I1). Layer 9.
 */

#include "serve/admit.h"
#include "serve/headers.h"
#include "serve/load.h"
#include "serve/meta.h"
#include "serve/reply.h"
#include "serve/report.h"
#include "serve/request.h"

#include <stddef.h>

/* Looks up one key of a multi-get; goes on after a miss, so that each missing
 * key is reported.
 */
struct find_walk {
	struct serve_scratch *s;
	s32 reason;
	u32 text_bytes;
};

static long find_walk_key(u32 index, struct find_walk *walk)
{
	s32 reason = serve_find(walk->s, index);

	if (index >= BMC_MULTIGET_MAX)
		return 1;
	if (reason == BMC_PASS_MISS)
		report_miss(walk->s, index);
	if (reason && !walk->reason)
		walk->reason = reason;
	walk->text_bytes += walk->s->hits[index].text_bytes;
	return 0;
}

static long find_walk_stream(u32 index, struct find_walk *walk)
{
	if (find_walk_key(index, walk) || index >= BMC_MULTIGET_MAX)
		return 1;
	walk->text_bytes += walk->s->keys[index].end_bytes;
	return 0;
}

static __always_inline s32 find_all(struct serve_scratch *s, const struct found *found,
				    bool takes_many)
{
	struct find_walk walk = { .s = s };
	s32 reason;

	if (s->key_count != 1) {
		bpf_loop(s->key_count,
			 takes_many ? (void *)find_walk_stream : (void *)find_walk_key, &walk, 0);
		s->text_bytes = walk.text_bytes;
		return walk.reason;
	}
	reason = find_block(s, &s->keys[0], found, &s->hits[0]);
	s->text_bytes = s->hits[0].text_bytes;
	if (reason == BMC_PASS_MISS)
		report_miss(s, 0);
	return reason;
}

/* Ethernet pads short frames to 60 bytes, with zeros: then the scratch copy
 * says all there is to restore. Anything else behind the datagram is odd.
 */
static __always_inline bool padding_is_zero(const struct serve_scratch *s, u32 bytes, u32 padded)
{
	u64 others = 0;
	u32 i;

	hide_bounds(bytes);
	if (bytes > SERVE_REQUEST_MAX || padded > bytes + 64)
		return false;
	for (i = 0; i < 64 && i < padded - bytes; i += 8) /* zeros stand behind it all */
		others |= load_u64(s->request + bytes + i);
	return !others;
}

/* The request's text into the scratch, and its frame header out of the packet.
 * The whole datagram must lie in the frame's linear part.
 */
static __always_inline s32 load_request(void *ctx, enum hook hook, const struct packet *packet,
					struct serve_scratch *s, u64 *frame,
					struct found *found)
{
	void *data = frame_data(ctx, hook), *end = frame_end(ctx, hook);
	u32 bytes = packet->udp_bytes - sizeof(struct udphdr) - BMC_UDP_FRAME_SIZE;
	u32 padded = frame_bytes(ctx, hook) - text_at(packet);
	struct udphdr *udp = HEADER_AT(data, packet->l4), header;
	s32 reason;

	if ((void *)(udp + 1) + BMC_UDP_FRAME_SIZE > end ||
	    packet->udp_bytes <= sizeof(*udp) + BMC_UDP_FRAME_SIZE || padded < bytes)
		return BMC_PASS_NOT_SERVED_PACKET;
	*frame = load_u64(udp + 1);
	header = *udp;
	reason = load_text(ctx, hook, s, text_at(packet), padded, found);
	if (reason)
		return reason;
	if (padded != bytes && !padding_is_zero(s, bytes, padded))
		return BMC_PASS_NOT_SERVED_PACKET;
	s->request_bytes = bytes;
	s->padded_bytes = padded;
	if (!checksum_is_right(packet, &header, *frame, s->request_sum))
		return BMC_PASS_CHECKSUM;
	/* Sequence 0, one datagram in total, reserved 0: as a reply has it. */
	if (*frame >> 16 != (u64)bpf_htons(1) << 16)
		return BMC_PASS_FRAME;
	return 0;
}

/* What the request asks for, all of it found: 0, and s says what. @takes_many:
 * it may be several gets, as a segment of a stream may be; a datagram is one.
 */
static __always_inline s32 find_request(struct serve_scratch *s, struct found *found,
					bool takes_many, bool *is_meta)
{
	u32 command = request_u32(s, 0);
	s32 reason;

	*is_meta = (command & 0xffffff) == WORD4('m', 'g', ' ', 0);
	if (*is_meta) {
		reason = serve_parse_meta(s);
		if (!reason)
			find_slot(s->keys[0].hash, found);
	} else if (command == WORD4('g', 'e', 't', ' ')) {
		reason = parse_get(s, takes_many);
	} else {
		return BMC_PASS_NOT_GET;
	}
	if (reason)
		return reason;
	reason = find_all(s, found, takes_many);
	if (!reason && *is_meta)
		reason = serve_meta_head(s);
	return reason;
}

static __always_inline u32 reply_bytes(const struct serve_scratch *s, bool is_meta)
{
	return is_meta ? s->meta.head_bytes + s->meta.data_bytes
		       : s->text_bytes + REPLY_END_BYTES;
}

/* Puts the request back as it was. If even that fails, the packet cannot be
 * passed on: it is lost, as datagrams are.
 */
static __always_inline s32 restore_request(void *ctx, enum hook hook, u32 at,
					   struct serve_scratch *s, u32 from_bytes)
{
	u32 bytes = s->padded_bytes;

	hide_bounds(bytes);
	if (!bytes || bytes > SERVE_REQUEST_MAX ||
	    frame_resize(ctx, hook, at + from_bytes, at + bytes) ||
	    frame_store(ctx, hook, at, s->request, bytes))
		return SERVE_LOST;
	return BMC_PASS_RACED;
}

/* At TC a local sender's packet carries the pseudo header's sum only
 * (CHECKSUM_PARTIAL) and must go on doing so; the helper knows, so it gets the
 * differences.
 */
static __always_inline bool checksum_adjust(struct __sk_buff *skb, const struct packet *packet,
					    const struct serve_scratch *s, u32 text_bytes,
					    u64 text_sum)
{
	u32 at = packet->l4 + offsetof(struct udphdr, check);
	u16 was = bpf_htons(packet->udp_bytes);
	u16 now = bpf_htons(sizeof(struct udphdr) + BMC_UDP_FRAME_SIZE + text_bytes);
	u32 delta = sum_fold(sum_add(text_sum, now) +
			     (~sum_fold((u64)s->request_sum + was) & 0xffff));

	return !bpf_l4_csum_replace(skb, at, was, now,
				    BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(was)) &&
	       !bpf_l4_csum_replace(skb, at, 0, delta, BPF_F_MARK_MANGLED_0);
}

/* Every IPv6 link takes 1280 bytes (RFC 8200 5); a longer reply may exceed this
 * one's MTU, and then memcached's own answer is fragmented, ours would be lost.
 */
static __always_inline bool exceeds_mtu(void *ctx, enum hook hook, const struct packet *packet,
					u32 from, u32 to)
{
	u32 mtu = 0;

	if (to - packet->l3 <= 1280)
		return false;
	return hook == HOOK_XDP
		       ? bpf_check_mtu(ctx, ((struct xdp_md *)ctx)->ingress_ifindex, &mtu,
				       (s32)to - (s32)from, 0)
		       : bpf_check_mtu(ctx, ((struct __sk_buff *)ctx)->ifindex, &mtu,
				       (s32)to - (s32)from, 0);
}

/* Everything is found: makes the packet the reply. */
static __always_inline s32 answer(void *ctx, enum hook hook, const struct packet *packet,
				  struct serve_scratch *s, const struct found *found, u64 frame,
				  bool is_meta)
{
	struct reply_walk walk = { .s = s, .ctx = ctx, .start = text_at(packet) };
	u32 text_bytes = reply_bytes(s, is_meta);
	u32 from = walk.start + s->padded_bytes, to = walk.start + text_bytes;

	if (text_bytes > BMC_REPLY_MAX - BMC_UDP_FRAME_SIZE)
		return BMC_PASS_REPLY_TOO_LONG;
	if (exceeds_mtu(ctx, hook, packet, from, to) || frame_resize(ctx, hook, from, to))
		return BMC_PASS_NO_ROOM;
	if (!(is_meta ? reply_put_meta(ctx, hook, &walk) : reply_put_values(ctx, hook, &walk, found, false)))
		return restore_request(ctx, hook, walk.start, s, text_bytes);
	if (hook == HOOK_TC && !checksum_adjust(ctx, packet, s, text_bytes, walk.sum))
		return SERVE_LOST;
	if (!headers_write(ctx, hook, packet, frame, text_bytes, walk.sum))
		return SERVE_LOST;
	return 0;
}

/* 0: the packet is the reply, complete with its checksums. */
static __always_inline s32 serve(void *ctx, enum hook hook, const struct packet *packet,
				 u64 mac, u32 ifindex)
{
	struct bmc_state *state = state_get();
	struct serve_scratch *s = scratch_get();
	struct found found = {};
	bool is_meta = false;
	u64 frame = 0;
	s32 reason;

	if (!state || !s)
		return BMC_PASS_STOPPED;
	s->now = bpf_jiffies64();
	s->epoch = READ_ONCE(state->epoch);
	/* Loading comes first: it sends for the key's bucket and block. */
	reason = load_request(ctx, hook, packet, s, &frame, &found);
	if (!reason)
		reason = admit(state, packet, mac, ifindex, s->now);
	if (!reason)
		reason = find_request(s, &found, false, &is_meta);
	if (!reason)
		reason = answer(ctx, hook, packet, s, &found, frame, is_meta);
	return reason;
}

#endif /* BMC_SERVE_SERVE_H */

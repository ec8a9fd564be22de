/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_CHECKSUM_H
#define BMC_SERVE_CHECKSUM_H

/* UDP checksums (RFC 768, RFC 8200 8.1). A request's is verified, or a damaged
 * one would be answered under a wrong key. Layer 7.
 */

#include "serve/packet.h"
#include "serve/scratch.h"
#include "base/words.h"

/* The folded sum of an mg reply's first line. Global for the *verifier*: walked
 * once.
 */
__noinline int serve_sum_head(struct serve_scratch *s)
{
	u64 sum = 0;
	u32 i, bytes;

	if (!s)
		return 0;
	bytes = s->meta.head_bytes;
	for (i = 0; i < SERVE_HEAD_MAX / 8 + 1; i++) {
		if (i * 8 >= bytes)
			break;
		sum = sum_add(sum, load_u64(s->head + i * 8));
	}
	return sum_fold(sum);
}

/* Of the pseudo header: addresses, protocol, length. An IPv4-mapped address
 * adds 0xffff to its IPv4 sum, which in this arithmetic is nothing.
 */
static __always_inline u64 sum_pseudo(const struct packet *packet, u32 udp_bytes)
{
	u64 sum = (u64)bpf_htons(IPPROTO_UDP) + bpf_htons(udp_bytes);

	sum = sum_add(sum, packet->source.high);
	sum = sum_add(sum, packet->source.low);
	sum = sum_add(sum, packet->target.high);
	return sum_add(sum, packet->target.low);
}

/* @udp, @frame: the first 16 bytes of the datagram; @text: folded sum of the
 * rest. Right if the sum is all ones, or if the field holds the folded pseudo
 * header alone: a local sender left the rest to its device (CHECKSUM_PARTIAL).
 * A datagram without one, which IPv4 allows, is memcached's: nothing would show
 * that it is damaged.
 */
static __always_inline bool checksum_is_right(const struct packet *packet,
					      const struct udphdr *udp, u64 frame, u32 text)
{
	u64 pseudo = sum_pseudo(packet, packet->udp_bytes), sum;

	if (!udp->check)
		return false;
	sum = sum_add(sum_add(sum_add(pseudo, load_u64(udp)), frame), text);
	return sum_fold(sum) == 0xffff || sum_fold(pseudo) == udp->check;
}

#endif /* BMC_SERVE_CHECKSUM_H */

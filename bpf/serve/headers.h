/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_HEADERS_H
#define BMC_SERVE_HEADERS_H

/* The reply's headers, written over the request's: addresses and ports change
 * sides, lengths and checksums are those of the reply, and what a host chooses
 * for its own packets (TTL, TOS) is not the client's choice. Layer 8.
 */

#include "serve/checksum.h"
#include "serve/frame.h"

enum {
	REPLY_HOPS = 64,           /* RFC 1700's default, as Linux sends */
	UNFRAGMENTED_BYTES = 512,  /* of UDP that every IPv4 path takes whole, RFC 791 3.1 */
};

static __always_inline void swap_macs(struct ethhdr *eth)
{
	u8 mac[ETH_ALEN];

	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
}

static __always_inline void write_v4(struct iphdr *ip, u32 udp_bytes)
{
	__be32 source = ip->saddr, words[5];
	u64 sum;

	ip->saddr = ip->daddr;
	ip->daddr = source;
	ip->tos = 0;
	ip->tot_len = bpf_htons(sizeof(*ip) + udp_bytes);
	if (udp_bytes <= UNFRAGMENTED_BYTES) {
		ip->id = 0;            /* as good as any if never fragmented, RFC 6864 4.1 */
		ip->frag_off = bpf_htons(0x4000);
	} else {
		/* The path may be narrower than this link: routers may cut. */
		ip->id = bpf_get_prandom_u32();
		ip->frag_off = 0;
	}
	ip->ttl = REPLY_HOPS;
	ip->check = 0;
	__builtin_memcpy(words, ip, sizeof(words));
	sum = (u64)words[0] + words[1] + words[2] + words[3] + words[4];
	ip->check = ~sum_fold(sum);
}

static __always_inline void write_v6(struct ipv6hdr *ip, u32 udp_bytes)
{
	struct in6_addr source = ip->saddr;
	const __be32 version = bpf_htonl(0x60000000);

	__builtin_memcpy(ip, &version, sizeof(version));
	ip->saddr = ip->daddr;
	ip->daddr = source;
	ip->payload_len = bpf_htons(udp_bytes);
	ip->hop_limit = REPLY_HOPS;
}

/* Addresses and ports leave the sum as it was when they change sides, so the
 * pseudo header of the request serves, with the reply's length.
 */
static __always_inline __sum16 checksum_of_reply(const struct packet *packet,
						 const struct udphdr *udp, u64 frame, u64 text_sum)
{
	u32 udp_bytes = bpf_ntohs(udp->len);
	u64 sum = sum_pseudo(packet, udp_bytes);
	u16 check;

	sum = sum_add(sum, (u64)udp->source + udp->dest + udp->len);
	sum = sum_add(sum_add(sum, frame), text_sum);
	check = ~sum_fold(sum);
	return check ? check : 0xffff; /* 0 would mean "no checksum" */
}

/* Writes all headers; @text_bytes, @text_sum: of the reply's text. At TC the
 * checksum field was adjusted already.
 */
static __always_inline bool headers_write(void *ctx, enum hook hook, const struct packet *packet,
					  u64 frame, u32 text_bytes, u64 text_sum)
{
	void *data = frame_data(ctx, hook), *end = frame_end(ctx, hook);
	u32 udp_bytes = sizeof(struct udphdr) + BMC_UDP_FRAME_SIZE + text_bytes;
	struct udphdr *udp = HEADER_AT(data, packet->l4);
	void *ip = HEADER_AT(data, packet->l3);
	__be16 source;

	if (data + sizeof(struct ethhdr) > end || ip + sizeof(struct iphdr) > end ||
	    (void *)(udp + 1) > end)
		return false;
	if (packet->is_v6) {
		if (ip + sizeof(struct ipv6hdr) > end)
			return false;
		write_v6(ip, udp_bytes);
	} else {
		write_v4(ip, udp_bytes);
	}
	swap_macs(data);
	source = udp->source;
	udp->source = udp->dest;
	udp->dest = source;
	udp->len = bpf_htons(udp_bytes);
	if (hook == HOOK_XDP)
		udp->check = checksum_of_reply(packet, udp, frame, text_sum);
	return true;
}

#endif /* BMC_SERVE_HEADERS_H */

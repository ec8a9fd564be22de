/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_PACKET_H
#define BMC_SERVE_PACKET_H

/* A UDP datagram to memcached's port, seen through the headers: Ethernet, at
 * most one 802.1Q tag, IPv4 without options or IPv6 without extension headers,
 * UDP. Only this file compares with the packet's end. Layer 6.
 */

#include "base/maps.h"
#include "base/words.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

/* IPv6, or IPv4-mapped, as two words in network byte order. */
struct address {
	u64 high;
	u64 low;
};

struct packet {
	u32 l3;                    /* offsets from the start of the frame */
	u32 l4;
	u32 udp_bytes;             /* UDP header and payload */
	u32 vlan;                  /* identifier in the frame's tag, 0 if there is none */
	bool is_v6;
	struct address source;
	struct address target;
};

/* Offsets of headers are below 64, which the *verifier* was made to forget
 * (packet_forget() in hooks.h).
 */
#define HEADER_AT(data, offset) ((data) + ((offset) & 63))

struct vlan_tag {
	__be16 tci;
	__be16 protocol;
};

enum { PACKET_FOREIGN = -1 };      /* nothing to do with us: neither served nor counted */

/* ::ffff:0:0/96, RFC 4291 2.5.5.2. */
static __always_inline struct address address_of_v4(__be32 v4)
{
	return (struct address){ 0, (u64)bpf_htonl(0x0000ffff) | (u64)v4 << 32 };
}

/* Linux drops IPv6 packets with such addresses (ip6_rcv_core); here they would
 * pass for IPv4 ones.
 */
static __always_inline bool is_mapped(const struct address *address)
{
	return !address->high && (u32)address->low == bpf_htonl(0x0000ffff);
}

static __always_inline s32 parse_udp(void *data, void *end, struct packet *packet)
{
	struct udphdr *udp = data + packet->l4;

	if ((void *)(udp + 1) > end)
		return PACKET_FOREIGN;
	if (udp->dest != bpf_htons(config.port))
		return PACKET_FOREIGN;
	packet->udp_bytes = bpf_ntohs(udp->len);
	return 0;
}

/* Not served; whether it is to be counted depends on the port. */
static __always_inline s32 parse_options(void *data, void *end, const struct packet *packet,
					 u32 words)
{
	struct udphdr *udp = data + packet->l3 + words * 4;

	if ((void *)(udp + 1) > end || udp->dest != bpf_htons(config.port))
		return PACKET_FOREIGN;
	return BMC_PASS_NOT_SERVED_PACKET;
}

/* The stack drops a damaged header (RFC 1122 3.2.1.2), so we do not answer it. */
static __always_inline bool header_sum_is_right(const struct iphdr *ip)
{
	const void *words = ip;
	u64 sum = (u64)load_u32(words) + load_u32(words + 4) + load_u32(words + 8) +
		  load_u32(words + 12) + load_u32(words + 16);

	return sum_fold(sum) == 0xffff;
}

static __always_inline s32 parse_v4(void *data, void *end, struct packet *packet)
{
	struct iphdr *ip = data + packet->l3;
	s32 reason;

	if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
		return PACKET_FOREIGN;
	if (ip->ihl > 5)
		return parse_options(data, end, packet, ip->ihl);
	packet->l4 = packet->l3 + sizeof(*ip);
	packet->is_v6 = false;
	reason = parse_udp(data, end, packet);
	if (reason)
		return reason;
	/* More fragments, or an offset: 0x3fff leaves "don't fragment" alone. */
	if (ip->ihl != 5 || ip->version != 4 || ip->frag_off & bpf_htons(0x3fff) ||
	    bpf_ntohs(ip->tot_len) != sizeof(*ip) + packet->udp_bytes)
		return BMC_PASS_NOT_SERVED_PACKET;
	if (!header_sum_is_right(ip))
		return BMC_PASS_CHECKSUM;
	packet->source = address_of_v4(ip->saddr);
	packet->target = address_of_v4(ip->daddr);
	return 0;
}

static __always_inline s32 parse_v6(void *data, void *end, struct packet *packet)
{
	struct ipv6hdr *ip = data + packet->l3;
	s32 reason;

	if ((void *)(ip + 1) > end || ip->nexthdr != IPPROTO_UDP)
		return PACKET_FOREIGN;
	packet->l4 = packet->l3 + sizeof(*ip);
	packet->is_v6 = true;
	reason = parse_udp(data, end, packet);
	if (reason)
		return reason;
	if (ip->version != 6 || bpf_ntohs(ip->payload_len) != packet->udp_bytes)
		return BMC_PASS_NOT_SERVED_PACKET;
	packet->source.high = load_u64(&ip->saddr);
	packet->source.low = load_u64(&ip->saddr.s6_addr[8]);
	packet->target.high = load_u64(&ip->daddr);
	packet->target.low = load_u64(&ip->daddr.s6_addr[8]);
	return is_mapped(&packet->source) || is_mapped(&packet->target)
		       ? BMC_PASS_NOT_SERVED_PACKET
		       : 0;
}

/* Returns 0, PACKET_FOREIGN, or the reason to pass a datagram that is for
 * memcached. Whether the whole of it lies in the frame is not looked at.
 */
static __always_inline s32 packet_parse(void *data, void *end, struct packet *packet)
{
	struct ethhdr *eth = data;
	__be16 protocol;

	if ((void *)(eth + 1) > end)
		return PACKET_FOREIGN;
	protocol = eth->h_proto;
	packet->l3 = sizeof(*eth);
	if (protocol == bpf_htons(ETH_P_8021Q)) {
		struct vlan_tag *tag = (void *)(eth + 1);

		if ((void *)(tag + 1) > end)
			return PACKET_FOREIGN;
		protocol = tag->protocol;
		packet->vlan = bpf_ntohs(tag->tci) & 0xfff;
		packet->l3 += sizeof(*tag);
	}
	if (protocol == bpf_htons(ETH_P_IP))
		return parse_v4(data, end, packet);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse_v6(data, end, packet);
	return PACKET_FOREIGN;
}

#endif /* BMC_SERVE_PACKET_H */

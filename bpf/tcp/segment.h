/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_SEGMENT_H
#define BMC_TCP_SEGMENT_H

/* A TCP segment of memcached's port, seen through the headers: Ethernet, IPv4
 * with or without options or IPv6 with or without extension headers, TCP. More
 * is recognised than is served, since what is not translated on a connection
 * with served requests would break it. Layer 6.
 */

#include "base/maps.h"
#include "base/words.h"
#include "tcp/flow.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

enum {
	SEGMENT_FOREIGN = -1,      /* not of memcached's port: nothing to do with us */
	SEGMENT_SHORT = -2,        /* not all headers lie in the frame's linear part */
	SEGMENT_ICMP = -3,         /* may quote one */
	SEGMENT_HIDDEN = -4,       /* may be one, behind IPv6 headers that are not gone through */
};

/* Flags of the fourteenth byte of the header (RFC 9293 3.1). */
enum {
	TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10,
};

enum {
	TCP_HEADER = 20,
	TCP_TIMESTAMPS = 12,       /* NOP, NOP, and the option (RFC 7323 appendix A) */
	SEGMENT_L4_MAX = 14 + 60 + 64, /* where the TCP header may begin */
	SEGMENT_FRAGMENTED_MAX = 65535, /* bytes that a segment may have of which a fragment is seen */
};

struct segment {
	struct bmc_flow_key key;
	u32 l4;                    /* offset of the TCP header in the frame */
	u32 header;                /* bytes of the TCP header */
	u32 bytes;                 /* of payload, by the IP header; in a first fragment, the most */
	u32 seq;
	u32 ack;
	u32 ts_value;              /* if has_timestamps */
	u16 window;
	u8 flags;
	u8 reserved;               /* with AE, RFC 9768 */
	u8 tos;
	u8 ttl;
	bool is_v6;
	bool is_simple;            /* the IP header has no options */
	bool has_timestamps;       /* and no other option */
	bool has_options;
	bool has_sack;             /* where Linux and others put it */
};

/* Offsets of headers, which the *verifier* has to see bounded at each use. */
#define SEGMENT_AT(data, offset) ((data) + ((offset) & 255))

static __always_inline void segment_v4_addresses(struct segment *seg, const struct iphdr *ip,
						 bool is_out)
{
	struct bmc_address *source = is_out ? &seg->key.server : &seg->key.client;
	struct bmc_address *target = is_out ? &seg->key.client : &seg->key.server;

	address_put_v4(source, ip->saddr);
	address_put_v4(target, ip->daddr);
}

static __always_inline void segment_v6_addresses(struct segment *seg, const struct ipv6hdr *ip,
						 bool is_out)
{
	struct bmc_address *source = is_out ? &seg->key.server : &seg->key.client;
	struct bmc_address *target = is_out ? &seg->key.client : &seg->key.server;

	store_u64(source->bytes, load_u64(&ip->saddr));
	store_u64(source->bytes + 8, load_u64(&ip->saddr.s6_addr[8]));
	store_u64(target->bytes, load_u64(&ip->daddr));
	store_u64(target->bytes + 8, load_u64(&ip->daddr.s6_addr[8]));
}

/* The TCP header at seg->l4; @bytes: of header and payload. */
static __always_inline s32 segment_tcp(void *data, void *end, struct segment *seg, u32 bytes,
				       bool is_out)
{
	struct tcphdr *tcp = SEGMENT_AT(data, seg->l4);
	const u8 *raw;
	const u32 *option;

	hide_bounds(tcp); /* or the compiler finds it again where the *verifier* does not know it */
	raw = (void *)tcp;
	if ((void *)(tcp + 1) > end)
		return SEGMENT_SHORT;
	if ((is_out ? tcp->source : tcp->dest) != bpf_htons(config.port))
		return SEGMENT_FOREIGN;
	seg->key.client_port = is_out ? tcp->dest : tcp->source;
	seg->key.server_port = bpf_htons(config.port);
	seg->seq = bpf_ntohl(tcp->seq);
	seg->ack = bpf_ntohl(tcp->ack_seq);
	seg->window = bpf_ntohs(tcp->window);
	seg->header = (raw[12] >> 4) * 4;
	seg->reserved = raw[12] & 0xf;
	seg->flags = raw[13];
	if (seg->header < TCP_HEADER || bytes < seg->header)
		return SEGMENT_FOREIGN; /* the stack drops it, too */
	seg->bytes = bytes - seg->header;
	seg->has_options = seg->header > TCP_HEADER;
	option = (void *)(tcp + 1);
	if (seg->header < TCP_HEADER + TCP_TIMESTAMPS)
		return 0;
	if ((void *)(option + 3) > end)
		return SEGMENT_SHORT;
	if (option[0] == bpf_htonl(0x0101080a)) {
		seg->has_timestamps = seg->header == TCP_HEADER + TCP_TIMESTAMPS;
		seg->ts_value = bpf_ntohl(option[1]);
		option += 3;
	}
	if (!seg->has_timestamps && (void *)(option + 1) <= end)
		seg->has_sack = (option[0] & bpf_htonl(0xffffff00)) == bpf_htonl(0x01010500);
	return 0;
}

static __always_inline s32 segment_v4(void *data, void *end, struct segment *seg, u32 frame_bytes,
				      bool is_out)
{
	struct iphdr *ip = data + sizeof(struct ethhdr);
	u32 header, bytes;

	if ((void *)(ip + 1) > end)
		return SEGMENT_SHORT;
	if (ip->protocol != IPPROTO_TCP || ip->ihl < 5)
		return ip->protocol == IPPROTO_ICMP ? SEGMENT_ICMP : SEGMENT_FOREIGN;
	header = ip->ihl * 4;
	bytes = bpf_ntohs(ip->tot_len);
	if (!bytes) /* longer than the field can say, before it is segmented (BIG TCP) */
		bytes = frame_bytes - sizeof(struct ethhdr);
	/* Only the first fragment has a port, and none can be translated. */
	if (ip->frag_off & bpf_htons(0x1fff) || bytes < header + TCP_HEADER)
		return SEGMENT_FOREIGN;
	seg->l4 = sizeof(struct ethhdr) + header;
	seg->is_simple = ip->ihl == 5 && !(ip->frag_off & bpf_htons(0x3fff));
	seg->tos = ip->tos;
	seg->ttl = ip->ttl;
	segment_v4_addresses(seg, ip, is_out);
	bytes = ip->frag_off & bpf_htons(0x2000) ? SEGMENT_FRAGMENTED_MAX : bytes - header;
	return segment_tcp(data, end, seg, bytes, is_out);
}

enum {
	V6_HOP_BY_HOP = 0, V6_ROUTING = 43, V6_FRAGMENT = 44, V6_AUTHENTICATION = 51,
	V6_DESTINATION = 60, V6_EXTENSIONS_MAX = 3,
};

/* What a packet is whose next header is not gone through. */
static __always_inline s32 segment_v6_other(u8 next)
{
	if (next == IPPROTO_ICMPV6)
		return SEGMENT_ICMP;
	return next == V6_FRAGMENT || next == V6_AUTHENTICATION ? SEGMENT_HIDDEN : SEGMENT_FOREIGN;
}

static __always_inline s32 segment_v6(void *data, void *end, struct segment *seg, u32 frame_bytes,
				      bool is_out)
{
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);
	u32 l4 = sizeof(struct ethhdr) + sizeof(*ip), i, total = frame_bytes;
	u8 next;

	if ((void *)(ip + 1) > end)
		return SEGMENT_SHORT;
	next = ip->nexthdr;
	if (ip->payload_len)
		total = sizeof(struct ethhdr) + sizeof(*ip) + bpf_ntohs(ip->payload_len);
	seg->is_simple = next == IPPROTO_TCP;
	for (i = 0; i < V6_EXTENSIONS_MAX && next != IPPROTO_TCP; i++) {
		const u8 *extension = SEGMENT_AT(data, l4);

		if (next != V6_HOP_BY_HOP && next != V6_ROUTING && next != V6_DESTINATION)
			return segment_v6_other(next);
		if ((void *)(extension + 8) > end)
			return SEGMENT_SHORT;
		next = extension[0];
		l4 += (extension[1] + 1) * 8;
		if (l4 > SEGMENT_L4_MAX)
			return SEGMENT_HIDDEN;
	}
	if (next != IPPROTO_TCP)
		return SEGMENT_HIDDEN;
	if (total < l4 + TCP_HEADER)
		return SEGMENT_FOREIGN;
	seg->l4 = l4;
	seg->is_v6 = true;
	seg->tos = bpf_ntohs(*(__be16 *)ip) >> 4 & 0xff;
	seg->ttl = ip->hop_limit;
	segment_v6_addresses(seg, ip, is_out);
	return segment_tcp(data, end, seg, total - l4, is_out);
}

/* Of what lies in the linear part. */
static __always_inline s32 segment_headers(void *data, void *end, struct segment *seg,
					 u32 frame_bytes, bool is_out)
{
	struct ethhdr *eth = data;

	seg->is_v6 = false;
	seg->has_timestamps = false;
	seg->has_sack = false;
	seg->ts_value = 0;
	if ((void *)(eth + 1) > end)
		return SEGMENT_FOREIGN;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return segment_v4(data, end, seg, frame_bytes, is_out);
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return segment_v6(data, end, seg, frame_bytes, is_out);
	return SEGMENT_FOREIGN;
}

/* Returns 0 or what it is instead. @is_out: memcached's side is the source. Global
 * for the *verifier*: walked once.
 */
__noinline int tcp_parse(struct __sk_buff *skb, struct segment *seg, u32 is_out)
{
	u32 bytes = skb->len;
	s32 found;

	if (!seg)
		return SEGMENT_FOREIGN;
	found = segment_headers((void *)(long)skb->data, (void *)(long)skb->data_end, seg, bytes,
				is_out);
	if (found != SEGMENT_SHORT)
		return found;
	if (bytes > SEGMENT_L4_MAX + 60)
		bytes = SEGMENT_L4_MAX + 60;
	if (bpf_skb_pull_data(skb, bytes))
		return SEGMENT_FOREIGN;
	found = segment_headers((void *)(long)skb->data, (void *)(long)skb->data_end, seg, skb->len,
				is_out);
	return found == SEGMENT_SHORT ? SEGMENT_FOREIGN : found;
}

/* The LAN on which a segment is: its interface, or none that is served if it bears
 * another one's tag (IEEE 802.1Q). A tag of LAN 0 tells a priority alone.
 */
static __always_inline u32 segment_lan(const struct __sk_buff *skb)
{
	return skb->vlan_tci & 0xfff ? 0 : skb->ifindex;
}

/* Behind its last byte; SYN and FIN count as one (RFC 9293 3.4). */
static __always_inline u32 segment_end(const struct segment *seg)
{
	return seg->seq + seg->bytes + !!(seg->flags & TCP_FIN) + !!(seg->flags & TCP_SYN);
}

#endif /* BMC_TCP_SEGMENT_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_QUOTE_H
#define BMC_TCP_QUOTE_H

/* An ICMP error quotes the packet that it is about (RFC 792, RFC 4443 3): of a
 * segment to a client the IP header and the beginning of TCP's, in the client's
 * numbers. The kernel believes it only if the quoted number is of what it has under
 * way (RFC 5927 4.1), so that number is translated back: else a route that takes
 * smaller packets than before would never be heard of. Layer 7.
 */

#include "tcp/flow.h"
#include "tcp/segment.h"

/* Of both versions. <linux/icmp.h> wants the C library's headers. */
struct icmp {
	u8 type;
	u8 code;
	__be16 checksum;
	__be32 rest;
};

/* The errors about which TCP is asked. */
enum {
	ICMP_UNREACHABLE = 3, ICMP_SOURCE_QUENCH = 4, ICMP_REDIRECT = 5, ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMP6_UNREACHABLE = 1, ICMP6_PARAMETER = 4, /* what lies between, too */
};

/* What is looked for in an error. */
struct quote {
	struct bmc_flow_key key;
	u32 check_at;              /* offset in the frame of the ICMP checksum */
	u32 seq_at;                /* and of the sequence number */
	__be32 seq;
};

/* The first bytes of a TCP header: all that need be quoted. */
struct quoted_tcp {
	__be16 source;
	__be16 dest;
	__be32 seq;
};

static __always_inline bool quote_tcp(struct __sk_buff *skb, u32 at, struct quote *q)
{
	struct quoted_tcp tcp;

	if (bpf_skb_load_bytes(skb, at, &tcp, sizeof(tcp)) || tcp.source != bpf_htons(config.port))
		return false;
	q->key.client_port = tcp.dest;
	q->key.server_port = tcp.source;
	q->seq = tcp.seq;
	q->seq_at = at + offsetof(struct quoted_tcp, seq);
	return true;
}

static __always_inline bool quote_v4(struct __sk_buff *skb, struct quote *q)
{
	u32 at = sizeof(struct ethhdr);
	struct icmp icmp;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.frag_off & bpf_htons(0x3fff))
		return false;
	at += ip.ihl * 4;
	if (bpf_skb_load_bytes(skb, at, &icmp, sizeof(icmp)))
		return false;
	if (icmp.type != ICMP_UNREACHABLE && icmp.type != ICMP_SOURCE_QUENCH &&
	    icmp.type != ICMP_REDIRECT && icmp.type != ICMP_TIME_EXCEEDED &&
	    icmp.type != ICMP_PARAMETER)
		return false;
	q->check_at = at + offsetof(struct icmp, checksum);
	at += sizeof(icmp);
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
	    ip.frag_off & bpf_htons(0x1fff))
		return false;
	address_put_v4(&q->key.server, ip.saddr);
	address_put_v4(&q->key.client, ip.daddr);
	return quote_tcp(skb, at + ip.ihl * 4, q);
}

static __always_inline bool quote_v6(struct __sk_buff *skb, struct quote *q)
{
	u32 at = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
	struct icmp icmp;
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, at, &icmp, sizeof(icmp)) ||
	    icmp.type < ICMP6_UNREACHABLE || icmp.type > ICMP6_PARAMETER)
		return false;
	q->check_at = at + offsetof(struct icmp, checksum);
	at += sizeof(icmp);
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.nexthdr != IPPROTO_TCP)
		return false;
	__builtin_memcpy(&q->key.server, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(&q->key.client, &ip.daddr, sizeof(ip.daddr));
	return quote_tcp(skb, at + sizeof(ip), q);
}

/* The kernel's number for a quoted one; false if the kernel must not hear of it.
 * Bytes of a served reply are base there, where the kernel takes any error for
 * its own: of all that were ever served, only those that the client has not
 * acknowledged can be meant. The next request is memcached's then, and brings
 * the path's new MTU.
 */
static __always_inline bool quote_number(struct bmc_flow *f, u32 wire, u32 *kernel)
{
	*kernel = flow_ack_in(f, wire);
	if (*kernel != f->base || wire == f->base + f->d_out)
		return true;
	if (!(f->flags & BMC_FLOW_UNACKED) || wire - f->reply_seq >= f->reply_bytes)
		return false;
	f->flags &= ~BMC_FLOW_ARMED;
	return true;
}

/* An ICMP packet from outside: if it is an error about a segment of ours, it quotes
 * the kernel's number afterwards. A checksum that was wrong stays so. Global for
 * the *verifier*: walked once.
 */
__noinline int tcp_translate_quote(struct __sk_buff *skb)
{
	struct quote q = {};
	struct bmc_flow *f;
	bool is_meant;
	u32 number;
	__be32 seq;

	if (skb->protocol == bpf_htons(ETH_P_IP) ? !quote_v4(skb, &q) : !quote_v6(skb, &q))
		return 0;
	f = flow_get(&q.key);
	if (!f || flow_is_plain(f) || config.test_flags & BMC_TEST_TCP_NO_QUOTES)
		return 0;
	bpf_spin_lock(&f->lock);
	is_meant = quote_number(f, bpf_ntohl(q.seq), &number);
	bpf_spin_unlock(&f->lock);
	seq = bpf_htonl(number);
	if (is_meant && !bpf_skb_store_bytes(skb, q.seq_at, &seq, sizeof(seq), 0) &&
	    !bpf_l4_csum_replace(skb, q.check_at, q.seq, seq, sizeof(seq)))
		tcp_count(BMC_TCP_QUOTES);
	return 0;
}

#endif /* BMC_TCP_QUOTE_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_HIDDEN_H
#define BMC_TCP_HIDDEN_H

/* Segments behind IPv6 headers that the translator does not go through: those of a
 * fragment, those that are authenticated, and more of them than any client sends.
 * Layer 7.
 */

#include "tcp/flow.h"
#include "tcp/segment.h"

enum { V6_HIDDEN_MAX = 12 };       /* headers of one packet */

/* What extension headers begin with; the offset is a fragment's. */
struct v6_extension {
	u8 next;
	u8 length;
	__be16 offset;
};

/* What is compared of a TCP header. */
struct hidden_tcp {
	__be16 source;
	__be16 dest;
	__be32 seq;
};

/* Where the header behind this one begins, or 0. */
static __always_inline u32 v6_behind(u32 at, u8 kind, const struct v6_extension *extension)
{
	if (kind == V6_FRAGMENT) /* without the first one the others are nothing */
		return extension->offset & bpf_htons(0xfff8) ? 0 : at + 8;
	if (kind == V6_AUTHENTICATION)
		return at + (extension->length + 2) * 4;
	if (kind == V6_HOP_BY_HOP || kind == V6_ROUTING || kind == V6_DESTINATION)
		return at + (extension->length + 1) * 8;
	return 0;
}

/* Where the TCP header begins, or 0. */
static __always_inline u32 hidden_at(struct __sk_buff *skb, u8 next)
{
	u32 at = sizeof(struct ethhdr) + sizeof(struct ipv6hdr), i;
	struct v6_extension extension;

	for (i = 0; i < V6_HIDDEN_MAX && next != IPPROTO_TCP; i++) {
		if (bpf_skb_load_bytes(skb, at, &extension, sizeof(extension)))
			return 0;
		at = v6_behind(at, next, &extension);
		hide_bounds(at);
		if (!at)
			return 0;
		next = extension.next;
	}
	return next == IPPROTO_TCP ? at : 0;
}

/* Whether the packet must not be passed: it is a segment of a connection that is
 * translated. Of another one its bytes count as passed, however many there may be.
 * Global for the *verifier*: walked once.
 */
__noinline int tcp_is_hidden(struct __sk_buff *skb)
{
	struct bmc_flow_key key = {};
	struct hidden_tcp tcp;
	struct bmc_flow *f;
	struct ipv6hdr ip;
	bool is_plain;
	u32 at, seq;

	if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &ip, sizeof(ip)))
		return false;
	at = hidden_at(skb, ip.nexthdr);
	if (!at || bpf_skb_load_bytes(skb, at, &tcp, sizeof(tcp)) ||
	    tcp.dest != bpf_htons(config.port))
		return false;
	__builtin_memcpy(&key.client, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(&key.server, &ip.daddr, sizeof(ip.daddr));
	key.client_port = tcp.source;
	key.server_port = tcp.dest;
	f = flow_get(&key);
	if (!f)
		return false;
	seq = bpf_ntohl(tcp.seq);
	bpf_spin_lock(&f->lock);
	is_plain = flow_is_plain(f);
	if (is_plain)
		flow_passed(f, seq, seq + SEGMENT_FRAGMENTED_MAX);
	bpf_spin_unlock(&f->lock);
	if (!is_plain)
		tcp_count(BMC_TCP_DROPPED);
	return !is_plain;
}

#endif /* BMC_TCP_HIDDEN_H */

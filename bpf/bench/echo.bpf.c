// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The yardstick: the least work that an XDP program can do to answer. A UDP
 * datagram for the port goes back to its sender, grown or cut to the size that
 * a reply would have. Nothing is parsed beyond the headers, nothing looked up.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <bmc/bench.h>

const volatile __u16 port = 0;
const volatile __u16 reply_bytes = 0; /* UDP payload of the answer */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bmc_bench_echoes);
} bmc_echoes SEC(".maps");

/* Views of a frame without IP options. */
struct headers {
	struct ethhdr *eth;
	struct iphdr *ip;
	struct udphdr *udp;
};

enum {
	HEADER_BYTES =
		sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct udphdr)
};

static __always_inline int view_headers(struct xdp_md *ctx, struct headers *h)
{
	void *end = (void *)(long)ctx->data_end;

	h->eth = (void *)(long)ctx->data;
	h->ip = (void *)(h->eth + 1);
	h->udp = (void *)(h->ip + 1);
	return (void *)(h->udp + 1) <= end;
}

static __always_inline int is_for_us(const struct headers *h)
{
	return h->eth->h_proto == bpf_htons(ETH_P_IP) && h->ip->version == 4 &&
	       h->ip->ihl == 5 && h->ip->protocol == IPPROTO_UDP &&
	       h->udp->dest == bpf_htons(port);
}

static __always_inline void swap_ends(struct headers *h)
{
	__u8 mac[ETH_ALEN];
	__be32 address = h->ip->saddr;
	__be16 udp_port = h->udp->source;

	__builtin_memcpy(mac, h->eth->h_source, ETH_ALEN);
	__builtin_memcpy(h->eth->h_source, h->eth->h_dest, ETH_ALEN);
	__builtin_memcpy(h->eth->h_dest, mac, ETH_ALEN);
	h->ip->saddr = h->ip->daddr;
	h->ip->daddr = address;
	h->udp->source = h->udp->dest;
	h->udp->dest = udp_port;
}

/* RFC 1624: the header's checksum after one of its words has changed. */
static __always_inline __be16 checksum_update(__be16 check, __be16 from, __be16 to)
{
	__u32 sum = (__u16)~check + (__u16)~from + to;

	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void set_lengths(struct headers *h)
{
	__be16 ip_bytes = bpf_htons(sizeof(*h->ip) + sizeof(*h->udp) + reply_bytes);

	h->ip->check = checksum_update(h->ip->check, h->ip->tot_len, ip_bytes);
	h->ip->tot_len = ip_bytes;
	h->udp->len = bpf_htons(sizeof(*h->udp) + reply_bytes);
	h->udp->check = 0;
}

SEC("xdp")
int bmc_echo(struct xdp_md *ctx)
{
	struct bmc_bench_echoes *echoes;
	struct headers h;
	__u32 zero = 0;
	__s64 bytes;

	if (!view_headers(ctx, &h) || !is_for_us(&h))
		return XDP_PASS;
	echoes = bpf_map_lookup_elem(&bmc_echoes, &zero);
	if (!echoes)
		return XDP_PASS;

	bytes = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	if (bpf_xdp_adjust_tail(ctx, HEADER_BYTES + reply_bytes - bytes)) {
		echoes->no_room++;
		return XDP_DROP;
	}
	if (!view_headers(ctx, &h))
		return XDP_DROP;
	swap_ends(&h);
	set_lengths(&h);
	echoes->echoed++;
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

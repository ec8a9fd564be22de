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

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

static __always_inline void swap_ends(struct frame *f)
{
	__u8 mac[ETH_ALEN];
	__be32 address = f->ip.saddr;
	__be16 udp_port = f->udp.source;

	__builtin_memcpy(mac, f->eth.h_source, ETH_ALEN);
	__builtin_memcpy(f->eth.h_source, f->eth.h_dest, ETH_ALEN);
	__builtin_memcpy(f->eth.h_dest, mac, ETH_ALEN);
	f->ip.saddr = f->ip.daddr;
	f->ip.daddr = address;
	f->udp.source = f->udp.dest;
	f->udp.dest = udp_port;
}

/* RFC 1624: the header's checksum after one of its words has changed. */
static __always_inline __be16 checksum_update(__be16 check, __be16 from, __be16 to)
{
	__u32 sum = (__u16)~check + (__u16)~from + to;

	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void set_lengths(struct frame *f)
{
	__be16 ip_bytes = bpf_htons(sizeof(f->ip) + sizeof(f->udp) + reply_bytes);

	f->ip.check = checksum_update(f->ip.check, f->ip.tot_len, ip_bytes);
	f->ip.tot_len = ip_bytes;
	f->udp.len = bpf_htons(sizeof(f->udp) + reply_bytes);
	f->udp.check = 0;
}

SEC("xdp")
int bmc_echo(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct bmc_bench_echoes *echoes;
	__u32 zero = 0;

	if ((void *)(f + 1) > end || f->eth.h_proto != bpf_htons(ETH_P_IP) ||
	    f->ip.version != 4 || f->ip.ihl != 5 || f->ip.protocol != IPPROTO_UDP ||
	    f->udp.dest != bpf_htons(port))
		return XDP_PASS;
	echoes = bpf_map_lookup_elem(&bmc_echoes, &zero);
	if (!echoes)
		return XDP_PASS;

	if (bpf_xdp_adjust_tail(ctx, (int)(sizeof(*f) + reply_bytes) -
					     (int)(ctx->data_end - ctx->data))) {
		echoes->no_room++;
		return XDP_DROP;
	}
	f = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if ((void *)(f + 1) > end)
		return XDP_DROP;
	swap_ends(f);
	set_lengths(f);
	echoes->echoed++;
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

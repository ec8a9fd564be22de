// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A packet generator inside the kernel, for request rates that no socket client
 * reaches.
 *
 * bmc_generate is run by BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES as if
 * frames had arrived at the client's veth; its XDP_TX puts them on the wire to
 * the server. bmc_sink is attached to the same veth and takes in the replies:
 * it counts and drops them, and hands one in BMC_BENCH_SAMPLE_EVERY to user
 * space, where it is verified in full.
 *
 * Frames come from a pool of pages and return to it with whatever the server
 * wrote into them, so every frame is written anew from the template.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <bmc/bench.h>

/* All set before loading. The verifier sees constants, so that neither the
 * loop over the template nor a single source port costs anything.
 */
const volatile __u64 frame[BMC_BENCH_FRAME_WORDS];
const volatile __u32 frame_words = 1;
const volatile __u32 tail_at = 0;
const volatile __u32 draw_mask = 0;
const volatile __u16 first_port = 0;
const volatile __u16 ports = 1;
const volatile __u16 server_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bmc_bench_draw);
} bmc_draws SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bmc_bench_sender);
} bmc_sender SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bmc_bench_replies);
} bmc_replies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} bmc_samples SEC(".maps");

static __always_inline __u16 checksum_finish(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return sum ? sum : 0xffff; /* 0 would say that there is none */
}

SEC("xdp")
int bmc_generate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct udphdr *udp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);
	struct bmc_bench_sender *sender;
	struct bmc_bench_draw *draw;
	__u32 index = 0;
	__u16 port;

	sender = bpf_map_lookup_elem(&bmc_sender, &index);
	if (!sender)
		return XDP_ABORTED;
	index = sender->cursor++ & draw_mask;
	draw = bpf_map_lookup_elem(&bmc_draws, &index);
	if (!draw || data + 8 * frame_words > end || (void *)(udp + 1) > end ||
	    data + tail_at + BMC_BENCH_TAIL_BYTES > end)
		return XDP_ABORTED;

	for (__u32 i = 0; i < BMC_BENCH_FRAME_WORDS && i < frame_words; i++)
		((__u64 *)data)[i] = frame[i];
	__builtin_memcpy(data + tail_at, draw->tail, BMC_BENCH_TAIL_BYTES);
	port = bpf_htons(ports > 1 ? first_port + (__u32)sender->cursor % ports
				   : first_port);
	udp->source = port;
	udp->check = checksum_finish(draw->sum + port);

	/* The template is eight bytes longer than the frame. Only a frame whose end was
	 * moved is measured anew; others keep the length that the last reply gave their
	 * page.
	 */
	if (bpf_xdp_adjust_tail(ctx, -8))
		return XDP_ABORTED;
	sender->sent++;
	return XDP_TX;
}

static __always_inline void take_sample(struct xdp_md *ctx, __u32 at, __u32 bytes,
					struct bmc_bench_replies *replies)
{
	struct bmc_bench_sample *sample;

	if (bytes == 0 || bytes > BMC_BENCH_SAMPLE_BYTES)
		return;
	sample = bpf_ringbuf_reserve(&bmc_samples, sizeof(*sample), 0);
	if (!sample) {
		replies->samples_lost++;
		return;
	}
	sample->bytes = bytes;
	if (bpf_xdp_load_bytes(ctx, at, sample->payload, bytes))
		bpf_ringbuf_discard(sample, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_submit(sample, BPF_RB_NO_WAKEUP);
}

/* The first four bytes after memcached's frame, as the machine loads them. */
#define WORD(a, b, c, d)                                                                 \
	((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

SEC("xdp")
int bmc_sink(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u8 *message = (void *)(udp + 1) + 8;
	struct bmc_bench_replies *replies;
	__u32 zero = 0, bytes;

	if ((void *)message + 4 > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP ||
	    udp->source != bpf_htons(server_port))
		return XDP_PASS;
	replies = bpf_map_lookup_elem(&bmc_replies, &zero);
	if (!replies)
		return XDP_PASS;

	switch (WORD(message[0], message[1], message[2], message[3])) {
	case WORD('V', 'A', 'L', 'U'):
		replies->values++;
		if (replies->values % BMC_BENCH_SAMPLE_EVERY == 0)
			take_sample(ctx, (void *)(udp + 1) - data,
				    bpf_ntohs(udp->len) - sizeof(*udp), replies);
		break;
	case WORD('E', 'N', 'D', '\r'):
		replies->ends++;
		break;
	case WORD('g', 'e', 't', ' '):
		replies->echoes++;
		break;
	default:
		replies->others++;
	}
	bytes = bpf_ntohs(udp->len) - sizeof(*udp);
	replies->bytes += bytes;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

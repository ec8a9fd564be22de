/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_HOOKS_H
#define BMC_SERVE_HOOKS_H

/* The two places where requests are met, and the one place where a verdict is
 * made and counted. XDP_PASS and TC_ACT_SHOT are both 2: each hook has its own
 * enum. Layer 10.
 */

#include "serve/serve.h"

enum xdp_verdict { VERDICT_XDP_DROP = XDP_DROP, VERDICT_XDP_PASS = XDP_PASS, VERDICT_XDP_TX = XDP_TX };
/* TC_ACT_UNSPEC: filters behind ours may look at what we pass. */
enum tc_verdict { VERDICT_TC_NEXT = -1, VERDICT_TC_SHOT = 2, VERDICT_TC_REDIRECT = 7 };

/* Counts what became of a packet for memcached. */
static __always_inline void verdict_count(s32 reason, u32 bytes)
{
	struct bmc_stats *stats = stats_get();
	struct serve_scratch *s = scratch_get();
	u32 index = reason;        /* a negative one is too large */

	if (!stats || !s)
		return;
	if (!reason) {
		stats->counts[BMC_COUNT_HITS]++;
		stats->counts[BMC_COUNT_HIT_KEYS] += s->key_count;
		stats->counts[BMC_COUNT_HIT_BYTES] += bytes;
		return;
	}
	/* Else the *compiler* checks reason - 1, of which the *verifier* of Linux 6.12
	 * learns nothing about @reason.
	 */
	hide_bounds(index);
	if (index < BMC_PASS_NR)
		stats->passes[index]++;
}

/* Makes the *verifier* forget where the headers lie: it would follow the rest
 * of the program once for every combination of VLAN tag and IP version.
 */
static __always_inline void packet_forget(struct packet *packet)
{
	u32 is_v6 = packet->is_v6;

	hide_bounds(packet->l3);
	hide_bounds(packet->l4);
	hide_bounds(packet->vlan);
	hide_bounds(is_v6);
	hide_bounds(packet->source.high);
	hide_bounds(packet->target.high);
	packet->is_v6 = is_v6 & 1;
}

SEC("xdp")
int bmc_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct packet packet = {};
	s32 reason = packet_parse(data, end, &packet);
	u64 mac = 0;

	if (reason == PACKET_FOREIGN)
		return VERDICT_XDP_PASS;
	packet_forget(&packet);
	if (!reason) {
		mac = mac_of(((struct ethhdr *)data)->h_dest);
		reason = serve(ctx, HOOK_XDP, &packet, mac, ctx->ingress_ifindex);
	}
	verdict_count(reason, frame_bytes(ctx, HOOK_XDP));
	if (reason == SERVE_LOST)
		return VERDICT_XDP_DROP;
	return reason ? VERDICT_XDP_PASS : VERDICT_XDP_TX;
}

/* The headers may be linear and the data not; pulling moves no byte. */
static __always_inline bool tc_pull(struct __sk_buff *skb)
{
	return frame_end(skb, HOOK_TC) - frame_data(skb, HOOK_TC) >= skb->len ||
	       !bpf_skb_pull_data(skb, skb->len);
}

SEC("tc")
int bmc_tc(struct __sk_buff *skb)
{
	struct packet packet = {};
	s32 reason;

	if (skb->pkt_type != 0) /* PACKET_HOST: for this host, and not one that leaves */
		return VERDICT_TC_NEXT;
	reason = packet_parse((void *)(long)skb->data, (void *)(long)skb->data_end, &packet);
	if (reason == PACKET_FOREIGN)
		return VERDICT_TC_NEXT;
	if (skb->vlan_present) { /* the stack took the tag out; on the way out it goes back in */
		if (!reason && (packet.l3 != sizeof(struct ethhdr) ||
				skb->vlan_proto != bpf_htons(ETH_P_8021Q)))
			reason = BMC_PASS_NOT_SERVED_PACKET;
		packet.vlan = skb->vlan_tci & 0xfff;
	}
	packet_forget(&packet);
	if (!reason && !tc_pull(skb))
		reason = BMC_PASS_NOT_SERVED_PACKET;
	if (!reason)
		reason = serve(skb, HOOK_TC, &packet, 0, skb->ifindex);
	verdict_count(reason, skb->len);
	if (reason == SERVE_LOST)
		return VERDICT_TC_SHOT;
	return reason ? VERDICT_TC_NEXT : (enum tc_verdict)bpf_redirect(skb->ifindex, 0);
}

#endif /* BMC_SERVE_HOOKS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_ADMIT_H
#define BMC_SERVE_ADMIT_H

/* Who is answered (I8, I10, I12): only while nothing stops serving; only
 * frames for this host, to an address on which memcached listens; only
 * sources that memcached itself has answered lately, or that the operator
 * listed. The verdict on a pair of addresses is remembered for a second, so
 * that a hit pays one comparison instead of three hash lookups. Layer 7.
 */

#include "cache/hash.h"
#include "serve/packet.h"

enum { ADMIT_REMEMBERED = 1024 };

/* One cache line. */
struct admission {
	struct address source;
	struct address target;
	u64 mac;                   /* of the frame's destination, as mac_of() has it; or 0 */
	u64 until;                 /* jiffies */
	u32 ifindex;
	u32 gen;                   /* bmc_state.admission_gen when it was found */
	u32 vlan;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ADMIT_REMEMBERED);
	__type(key, u32);
	__type(value, struct admission);
} bmc_admissions SEC(".maps");

/* A bit above the 48 tells 00:00:00:00:00:00 from "not to be compared". */
static __always_inline u64 mac_of(const u8 *bytes)
{
	return 1ULL << 48 | (u64) * (const u16 *)(bytes + 4) << 32 | load_u32(bytes);
}

static __always_inline bool same_address(const struct address *a, const struct address *b)
{
	return a->high == b->high && a->low == b->low;
}

/* I10: returns until when, in jiffies, the source is admitted;
 * 0 if it is not.
 */
static __always_inline u64 source_admitted_until(const struct address *source, u64 now)
{
	struct bmc_client client = { .prefix_bits = 128 };
	u64 *answered;

	__builtin_memcpy(&client.address, source, sizeof(client.address));
	if (bpf_map_lookup_elem(&bmc_clients, &client))
		return now + config.hz;
	answered = bpf_map_lookup_elem(&bmc_sources, &client.address);
	if (!answered || (s64)(*answered + BMC_SOURCE_MAX_S * config.hz - now) <= 0)
		return 0;
	return *answered + BMC_SOURCE_MAX_S * config.hz;
}

/* Looks the pair up and remembers it if it is admitted. */
static __noinline s32 admit_unknown(const struct packet *packet, struct admission *memo,
				    u64 mac, u32 ifindex, u64 now)
{
	struct bmc_link link = { .ifindex = ifindex, .vlan = packet->vlan };
	struct bmc_interface *interface = bpf_map_lookup_elem(&bmc_interfaces, &link);
	struct bmc_state *state = state_get();
	u64 until;

	if (!interface || !state || !bpf_map_lookup_elem(&bmc_locals, &packet->target))
		return BMC_PASS_NOT_LOCAL;
	if (mac && !(interface->flags & BMC_INTERFACE_NO_MAC) && mac != mac_of(interface->mac))
		return BMC_PASS_NOT_LOCAL;
	until = source_admitted_until(&packet->source, now);
	if (!until)
		return BMC_PASS_SOURCE;
	if (until > now + config.hz)
		until = now + config.hz;
	*memo = (struct admission){
		.source = packet->source,
		.target = packet->target,
		.mac = mac,
		.until = until,
		.ifindex = ifindex,
		.vlan = packet->vlan,
		.gen = READ_ONCE(state->admission_gen),
	};
	return 0;
}

/* @mac: the frame's destination if it has to be ours, 0 if the hook knows. */
static __always_inline s32 admit(const struct bmc_state *state, const struct packet *packet,
				 u64 mac, u32 ifindex, u64 now)
{
	u32 slot = hash_word(packet->source.low, packet->target.low ^ packet->source.high) >> 54;
	struct admission *memo;

	if (READ_ONCE(state->stopped) ||
	    (s64)(now - READ_ONCE(state->heartbeat)) >= BMC_HEARTBEAT_MAX_S * config.hz)
		return BMC_PASS_STOPPED;
	memo = bpf_map_lookup_elem(&bmc_admissions, &slot);
	if (!memo)
		return BMC_PASS_STOPPED;
	if (same_address(&memo->source, &packet->source) &&
	    same_address(&memo->target, &packet->target) && memo->mac == mac &&
	    memo->ifindex == ifindex && memo->vlan == packet->vlan && memo->gen == READ_ONCE(state->admission_gen) &&
	    (s64)(memo->until - now) > 0)
		return 0;
	return admit_unknown(packet, memo, mac, ifindex, now);
}

#endif /* BMC_SERVE_ADMIT_H */

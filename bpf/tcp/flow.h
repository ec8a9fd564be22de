/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_FLOW_H
#define BMC_TCP_FLOW_H

/* The connections that are followed, and their last replies. Layer 5. */

#include "base/maps.h"
#include "tcp/sequence.h"

/* Elements are reused at once, so who serves compares the cookie under the lock.
 * A flow on which something was served is deleted by the daemon alone, long
 * after its last packet; a plain one when its socket is closed. Who still holds it
 * then may find another's in its place: a packet at most marks bytes of that as
 * passed, which is safe, and flow_idle() leaves one alone that is younger.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BMC_FLOWS_MAX);
	__type(key, struct bmc_flow_key);
	__type(value, struct bmc_flow);
} bmc_flows SEC(".maps");

/* By the cookie of memcached's socket: only flows that were served have one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BMC_FLOWS_MAX);
	__type(key, u64);
	__type(value, struct bmc_flow_reply);
} bmc_replies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bmc_tcp_stats);
} bmc_tcp_stats SEC(".maps");

static __always_inline struct bmc_tcp_stats *tcp_stats_get(void)
{
	const u32 zero = 0;

	return bpf_map_lookup_elem(&bmc_tcp_stats, &zero);
}

/* Not atomic, like count_add(). */
static __always_inline void tcp_count_add(enum bmc_tcp_counter counter, u64 n)
{
	struct bmc_tcp_stats *stats = tcp_stats_get();

	if (stats)
		stats->counts[counter] += n;
}

static __always_inline void tcp_count(enum bmc_tcp_counter counter)
{
	tcp_count_add(counter, 1);
}

/* ::ffff:0:0/96, RFC 4291 2.5.5.2; in network byte order. */
static __always_inline void address_put_v4(struct bmc_address *address, u32 v4)
{
	store_u64(address->bytes, 0);
	store_u64(address->bytes + 8, (u64)bpf_htonl(0x0000ffff) | (u64)v4 << 32);
}

static __always_inline struct bmc_flow *flow_get(const struct bmc_flow_key *key)
{
	return bpf_map_lookup_elem(&bmc_flows, key);
}

#endif /* BMC_TCP_FLOW_H */

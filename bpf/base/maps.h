/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_MAPS_H
#define BMC_BASE_MAPS_H

/* The maps that more than one part uses, the configuration, and the counters.
 * Sizes that depend on --memory are set between open and load. Layer 2.
 */

#include "base/kernel.h"

const volatile struct bmc_config config = {};

/* One entry. BPF_F_MMAPABLE: the daemon reads and writes it without a system
 * call, and its lines are aligned.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bmc_state);
} bmc_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bmc_stats);
} bmc_stats SEC(".maps");

/* ---- who may be answered (I10, I12): written by the daemon and the tap ---- */

/* Sources that memcached has answered over UDP; value: jiffies. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct bmc_address);
	__type(value, u64);
} bmc_sources SEC(".maps");

/* Clients that are admitted without that (--clients). */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct bmc_client);
	__type(value, u32);
} bmc_clients SEC(".maps");

/* Addresses of this host on which memcached listens over UDP: of a Kubernetes
 * node all of its services may be.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct bmc_address);
	__type(value, u32);
} bmc_locals SEC(".maps");

/* Interfaces, and VLANs on them, on which BMC serves. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bmc_link);
	__type(value, struct bmc_interface);
} bmc_interfaces SEC(".maps");

static __always_inline struct bmc_state *state_get(void)
{
	const u32 zero = 0;

	return bpf_map_lookup_elem(&bmc_state, &zero);
}

static __always_inline struct bmc_stats *stats_get(void)
{
	const u32 zero = 0;

	return bpf_map_lookup_elem(&bmc_stats, &zero);
}

/* Not atomic: a softirq may interrupt a system call's program on the same CPU
 * and a count be lost, which harms nothing.
 */
static __always_inline void count_add(enum bmc_counter counter, u64 n)
{
	struct bmc_stats *stats = stats_get();

	if (stats)
		stats->counts[counter] += n;
}

static __always_inline void count(enum bmc_counter counter)
{
	count_add(counter, 1);
}

#endif /* BMC_BASE_MAPS_H */

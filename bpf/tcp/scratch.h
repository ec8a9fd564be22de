/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TCP_SCRATCH_H
#define BMC_TCP_SCRATCH_H

/* Headers of a segment, taken apart: per-CPU memory that the ingress program
 * has to itself for one packet. Egress runs nested in it (bpf_clone_redirect)
 * and has its own. Layer 6.
 */

#include "tcp/flow.h"
#include "tcp/segment.h"

enum {
	HEAD_L3_MAX = 14 + 40,     /* Ethernet and IPv4 without options, or IPv6 */
	HEAD_L4_MAX = 60,
};

struct head {
	u8 l3[HEAD_L3_MAX + 2];
	u8 l4[HEAD_L4_MAX + 4];
};

/* What is known of a segment lies here and not on the stack: of memory like this
 * the *verifier* assumes nothing, instead of following the program once for
 * each combination of IP version and options.
 */
struct tcp_scratch {
	struct segment segment;
	struct head was;           /* of the segment that arrived */
	struct head now;           /* of the one that is written in its place */
	u8 options_was[64];
	u8 options[64];
	u8 piece[512];
	struct bmc_flow_reply reply; /* zeros: what a flow's first one begins as */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct tcp_scratch);
} bmc_tcp_scratch SEC(".maps");

static __always_inline struct tcp_scratch *tcp_scratch_get(bool is_out)
{
	const u32 index = is_out;

	return bpf_map_lookup_elem(&bmc_tcp_scratch, &index);
}

#endif /* BMC_TCP_SCRATCH_H */

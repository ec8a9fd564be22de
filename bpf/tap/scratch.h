/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_SCRATCH_H
#define BMC_TAP_SCRATCH_H

/* What the tap's programs work on while they run: too large for a stack.
 * One for each CPU suffices, because bmc_recv and bmc_send run with preemption
 * off and never in an interrupt; no other program may use it.
 */

#include "tap/conn.h"
#include "tap/user_io.h"

enum {
	OUTPUT_BYTES = 2048,       /* of a send that is looked at: more than a served reply has */
};

/* One recv. */
struct reading {
	u64 address;               /* of its bytes in user memory */
	u32 bytes;
	u32 loaded;                /* of them in the window, or passed */
	u32 commands;
	u8 is_fresh;               /* it began at the beginning of a command */
	u8 lost;                   /* enum bmc_desync: why it cannot be followed */
	u16 pad;
};

/* A write that may be staged when the whole recv has been looked at. */
struct stage_candidate {
	struct write write;
	u64 hash;
	u32 is_set;
	u32 pad;
};

/* A block as it will be in the cache. */
struct stage_block {
	struct bmc_block header;
	u8 text[BMC_TEXT_MAX + 300]; /* the *verifier* adds the largest head to the largest data */
};

/* One send. */
struct sending {
	u8 bytes[2 * OUTPUT_BYTES + 16]; /* the *verifier*: any piece behind any other */
	u32 bytes_sent;            /* of them as many are gathered as there is room for */
	u32 filled;
	u32 at;
	u32 verdict;               /* enum send_verdict */
};

struct tap_scratch {
	struct input in;
	struct reading read;
	struct stage_candidate candidate;
	struct stage_block block;
	struct sending send;
	struct conn fresh;         /* never written: what a new one begins as */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tap_scratch);
} bmc_tap SEC(".maps");

static __always_inline struct tap_scratch *tap_scratch_get(void)
{
	const u32 zero = 0;

	return bpf_map_lookup_elem(&bmc_tap, &zero);
}

#endif /* BMC_TAP_SCRATCH_H */

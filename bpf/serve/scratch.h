/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_SCRATCH_H
#define BMC_SERVE_SCRATCH_H

/* What serving one request needs beyond the stack: per-CPU memory, which the
 * hooks (softirq, never nested) have to themselves for one packet. Layer 6.
 */

#include "cache/index.h"

enum {
	SERVE_REQUEST_MAX = 1536,  /* bytes of request text; an Ethernet payload is shorter */
	SERVE_META_FLAGS_MAX = 8,  /* flags of an mg that is served */
	SERVE_HEAD_MAX = 384,      /* bytes of the first line of an mg reply */
};

/* A key of the request. */
struct serve_key {
	u64 hash;
	u16 at;                    /* in the request's text */
	u16 bytes;
	u32 end_bytes;             /* of an END behind its value: another get follows */
};

/* An entry that was found, with what is needed to copy it and to see whether
 * it was still there afterwards.
 */
struct serve_hit {
	u64 word;
	u32 bucket;
	u16 slot;
	u16 text_bytes;
	u32 text_sum;
	u32 pad;
};

/* An mg request, in the order in which its reply repeats it. */
struct serve_meta {
	u16 opaque_at;
	u16 opaque_bytes;          /* with its letter; 0 = none */
	u8 flags[SERVE_META_FLAGS_MAX];
	u32 flag_count;
	u32 want_value;
	u16 head_bytes;            /* of the reply's first line, in serve_scratch.head */
	u16 data_at;               /* of the data in the block's text */
	u32 data_bytes;            /* with its CRLF */
	u32 before_sum;            /* folded sum of the text before the data */
	u64 numbers[3];            /* " <flags> <bytes>\r\n" of the block */
	u32 flags_bytes;           /* digits */
	u32 size_bytes;            /* digits */
	u64 cas;
};

struct serve_scratch {
	u8 request[SERVE_REQUEST_MAX + 512]; /* room for reads beyond, by whole words */
	u32 request_bytes;
	u32 padded_bytes;          /* with the frame's padding */
	u32 request_sum;           /* folded checksum of the request */
	s32 loaded;                /* bytes of it that are in the scratch */
	u32 key_count;
	u32 get_count;             /* one after the other, in a stream */
	u64 now;                   /* jiffies */
	u32 epoch;
	u32 text_bytes;            /* of all hits */
	struct serve_key keys[BMC_MULTIGET_MAX];
	struct serve_hit hits[BMC_MULTIGET_MAX];
	struct serve_meta meta;
	u8 head[SERVE_HEAD_MAX + 64];
	struct bmc_miss miss;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct serve_scratch);
} bmc_serving SEC(".maps");

static __always_inline struct serve_scratch *scratch_get(void)
{
	const u32 zero = 0;

	return bpf_map_lookup_elem(&bmc_serving, &zero);
}

#endif /* BMC_SERVE_SCRATCH_H */

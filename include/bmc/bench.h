/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BENCH_H
#define BMC_BENCH_H

/* What `bmc bench kernel` and `bmc bench echo` share with their BPF programs,
 * under the same rules as abi.h: fixed-width types, padding spelled out, sizes
 * asserted on both sides.
 */

#include "bmc/abi.h"

enum {
	BMC_BENCH_FRAME_WORDS = 48,    /* of 8 bytes: a get of one 250-byte key fits */
	BMC_BENCH_TAIL_BYTES = 12,
	BMC_BENCH_SAMPLE_EVERY = 4096, /* replies, on one CPU */
	BMC_BENCH_SAMPLE_BYTES = 2044,
};

/* One drawn request: what differs from the template. */
struct bmc_bench_draw {
	__u8 tail[BMC_BENCH_TAIL_BYTES]; /* the last bytes of the key, and what is before a short one */
	__u32 sum; /* of the UDP checksum, source port left out, not folded, not complemented */
};
BMC_ASSERT_SIZE(struct bmc_bench_draw, 16);

/* Per CPU; counted by the generator. */
struct bmc_bench_sender {
	__u64 cursor; /* next draw */
	__u64 sent;
};
BMC_ASSERT_SIZE(struct bmc_bench_sender, 16);

/* Per CPU; counted by the sink. */
struct bmc_bench_replies {
	__u64 values; /* begin with VALUE */
	__u64 ends;   /* are END: misses */
	__u64 echoes; /* begin with the request itself */
	__u64 others;
	__u64 bytes;  /* UDP payload of all of them */
	__u64 samples_lost;
};
BMC_ASSERT_SIZE(struct bmc_bench_replies, 48);

/* A reply as it came, memcached's UDP frame included. */
struct bmc_bench_sample {
	__u32 bytes;
	__u8 payload[BMC_BENCH_SAMPLE_BYTES];
};
BMC_ASSERT_SIZE(struct bmc_bench_sample, 2048);

/* Per CPU; counted by the echo. */
struct bmc_bench_echoes {
	__u64 echoed;
	__u64 no_room; /* frames without room for the reply: dropped */
};
BMC_ASSERT_SIZE(struct bmc_bench_echoes, 16);

#endif /* BMC_BENCH_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_FILL_H
#define BMC_CACHE_FILL_H

/* What the daemon asks for by BPF_PROG_TEST_RUN: a lease on a key, a fill
 * under that lease, the emptying of the cache, and its own sign of life. Layer 6.
 */

#include "cache/alloc.h"

static __always_inline s32 cache_fill(struct bmc_state *state, struct bmc_fill *fill)
{
	struct bmc_block header = fill->block, *block;
	struct bmc_lease lease = fill->lease;
	u64 text = fill->text;
	struct block_ref ref;
	u32 text_bytes;

	/* The *verifier* takes the context at constant offsets only, and the
	 * *compiler* would sink these loads to where they are no longer so.
	 */
	barrier();
	text_bytes = header.text_bytes;

	if (text_bytes > BMC_TEXT_MAX || !header.key_bytes || header.key_bytes > BMC_KEY_MAX)
		return -22; /* EINVAL */
	if (!block_alloc(state, text_bytes, &ref))
		return -12; /* ENOMEM */
	block = block_at(&ref);
	hide_bounds(text_bytes);
	if (!block || !text_bytes || text_bytes > BMC_TEXT_MAX ||
	    bpf_copy_from_user((u8 *)block + BMC_BLOCK_HEADER, text_bytes, (const void *)text)) {
		block_free(&ref);
		return -22;
	}
	header.bucket = hash_bucket(lease.hash, config.buckets);
	header.epoch = lease.epoch; /* never one read later */
	header.born = born_now();
	*block = header;
	if (!fill_publish(state, &lease, &ref)) {
		block_free(&ref);
		count(BMC_COUNT_FILLS_STALE);
		return -116; /* ESTALE */
	}
	count(BMC_COUNT_FILLS);
	return 0;
}

SEC("syscall")
int bmc_lease(struct bmc_lease *lease)
{
	struct bmc_state *state = state_get();

	if (!state)
		return 0;
	lease->result = lease_take(state, lease);
	count(lease->result ? BMC_COUNT_LEASES_REFUSED : BMC_COUNT_LEASES);
	return 0;
}

SEC("syscall")
int bmc_fill(struct bmc_fill *fill)
{
	struct bmc_state *state = state_get();

	if (state)
		fill->lease.result = cache_fill(state, fill);
	return 0;
}

/* The daemon is alive (I8). */
SEC("syscall")
int bmc_beat(void *unused __attribute__((unused)))
{
	struct bmc_state *state = state_get();

	if (state)
		WRITE_ONCE(state->heartbeat, bpf_jiffies64());
	return 0;
}

/* Empties the cache. */
SEC("syscall")
int bmc_flush(void *unused __attribute__((unused)))
{
	struct bmc_state *state = state_get();

	if (state) {
		global_begin(state);
		global_end(state);
	}
	return 0;
}

#endif /* BMC_CACHE_FILL_H */

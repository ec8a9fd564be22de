/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_ALLOC_H
#define BMC_CACHE_ALLOC_H

/* A block for a text: from a slab in which one was freed lately, from a slab
 * that no class has yet, or from an entry that the clock hand of the class
 * finds unused. Layer 5.
 */

#include "cache/index.h"

/* The hand gives up, and evicts what it finds, after so many used entries. */
#define CLOCK_STEPS 32
#define CLOCK_SPARED 24

struct clock_sweep {
	struct bmc_class *class_info;
	struct block_ref ref;
	u32 class;
	u32 found;
};

/* One step of the hand: takes the block it points at if that is free, or if
 * its entry can go. Returns 1 to stop.
 */
static long clock_step(u32 step, struct clock_sweep *sweep)
{
	struct bmc_class *info = sweep->class_info;
	u32 class = sweep->class, blocks = class_blocks(class), at, slab, *entry;
	u64 total = (u64)READ_ONCE(info->slabs) * blocks, position, *word, old, bit;
	struct bmc_block *block;

	if (!total)
		return 1;
	position = __sync_fetch_and_add(&info->hand, 1) % total;
	at = class * config.slabs + (u32)(position / blocks);
	entry = bpf_map_lookup_elem(&bmc_class_slabs, &at);
	if (!entry)
		return 1;
	slab = READ_ONCE(*entry) - 1; /* none: as if it had no such word */
	word = bpf_map_lookup_elem(&bmc_slab_words, &slab);
	if (!word)
		return 1;
	sweep->ref = (struct block_ref){ slab, class, (u32)(position % blocks) };
	bit = 1ULL << (sweep->ref.block & 63);
	old = READ_ONCE(*word);
	if (!slab_word_is(old, class)) { /* it is being emptied: on to the next one */
		__sync_fetch_and_add(&info->hand, blocks - 1 - sweep->ref.block);
		return 0;
	}
	if (old & bit) {
		sweep->found = __sync_val_compare_and_swap(word, old, old & ~bit) == old;
		if (sweep->found)
			__sync_fetch_and_add(&info->used_blocks, 1);
		return sweep->found;
	}
	block = block_at(&sweep->ref);
	if (!block)
		return 1;
	if (!bucket_evict(READ_ONCE(block->bucket), &sweep->ref, step >= CLOCK_SPARED))
		return 0;
	__sync_fetch_and_add(&info->evictions, 1);
	count(BMC_COUNT_EVICTIONS);
	sweep->found = 1;
	return 1;
}

/* For bmc_block.born. */
static __always_inline u16 born_now(void)
{
	return bpf_jiffies64() >> BMC_BORN_SHIFT(config.hz);
}

/* Owned by the caller until it is linked or freed. */
static __always_inline bool block_alloc(struct bmc_state *state, u32 text_bytes,
					struct block_ref *ref)
{
	u32 class = class_of_text(text_bytes);
	struct clock_sweep sweep = { .class = class };
	struct bmc_class *info = class_get(class);

	if (!info)
		return false;
	if (hints_take(info, class, ref) ||
	    slab_assign(state, class, info, ref)) {
		__sync_fetch_and_add(&info->used_blocks, 1);
		return true;
	}
	sweep.class_info = info;
	bpf_loop(CLOCK_STEPS, clock_step, &sweep, 0);
	if (!sweep.found) {
		__sync_fetch_and_add(&info->failures, 1);
		count(BMC_COUNT_NO_MEMORY);
		return false;
	}
	*ref = sweep.ref;
	return true;
}

#endif /* BMC_CACHE_ALLOC_H */

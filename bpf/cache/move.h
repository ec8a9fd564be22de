/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_MOVE_H
#define BMC_CACHE_MOVE_H

/* Moves a slab from one size class to another, when the daemon sees that one
 * evicts what it needs while the other has room. Nobody waits: the slab first
 * loses its class, so that no block of it is taken any more; its entries are
 * evicted; once all of it is free it gets its new class. Blocks that a write
 * has staged come back by themselves, so the daemon asks again. Layer 6.
 */

#include "cache/index.h"

struct drain {
	struct block_ref ref;
	u64 *word;
};

static __always_inline u64 class_all_free(u32 class)
{
	return (1ULL << class_blocks(class)) - 1;
}

/* Evicts one block of the slab, if an entry holds it. */
static long drain_block(u32 index, struct drain *drain)
{
	struct bmc_block *block;

	drain->ref.block = index & 63;
	if (READ_ONCE(*drain->word) & 1ULL << drain->ref.block)
		return 0;
	block = block_at(&drain->ref);
	if (block && bucket_evict(READ_ONCE(block->bucket), &drain->ref, true)) {
		block_free(&drain->ref);
		count(BMC_COUNT_EVICTIONS);
	}
	return 0;
}

/* The last slab of the class takes the place of the one that leaves. False if
 * one is being added: slab_assign() may have begun before all slabs had a class.
 */
static __always_inline bool class_remove(u32 class, struct bmc_class *info, u32 at)
{
	u32 slabs = READ_ONCE(info->slabs), last = class * config.slabs + slabs - 1, slab;
	u32 *from = bpf_map_lookup_elem(&bmc_class_slabs, &last);
	u32 *to = bpf_map_lookup_elem(&bmc_class_slabs, &at);

	if (!from || !to)
		return false;
	slab = READ_ONCE(*from);
	if (!slab || __sync_val_compare_and_swap(&info->slabs, slabs, slabs - 1) != slabs)
		return false;
	if (at != last)
		WRITE_ONCE(*to, slab);
	__sync_val_compare_and_swap(from, slab, 0); /* unless one was just added there */
	return true;
}

static __always_inline void class_append(u32 class, struct bmc_class *info, u32 slab)
{
	u32 at = class * config.slabs + __sync_fetch_and_add(&info->slabs, 1);
	u32 *entry = bpf_map_lookup_elem(&bmc_class_slabs, &at);

	if (entry)
		WRITE_ONCE(*entry, slab + 1);
	hint_set(info, slab);
}

/* 0, -EAGAIN while a block is in use or a slab is being added, or -EINVAL. Only
 * the daemon calls this, and only once all slabs are given out: then nobody else
 * changes a class's list, but who had begun before.
 */
static __always_inline s32 slab_move(const struct bmc_move *move)
{
	u32 at = move->from * config.slabs + move->position, slab, *entry;
	const u64 no_class = (u64)BMC_SLAB_NO_CLASS << BMC_SLAB_CLASS_SHIFT;
	struct bmc_class *from = class_get(move->from), *to = class_get(move->to);
	struct drain drain = { .ref = { .class = move->from } };
	u64 old;

	if (!from || !to || move->from == move->to || move->position >= READ_ONCE(from->slabs))
		return -22;
	entry = bpf_map_lookup_elem(&bmc_class_slabs, &at);
	if (!entry)
		return -22;
	slab = READ_ONCE(*entry);
	if (!slab)
		return -11;
	slab--;
	drain.ref.slab = slab;
	drain.word = bpf_map_lookup_elem(&bmc_slab_words, &slab);
	if (!drain.word)
		return -22;
	old = READ_ONCE(*drain.word);
	if (slab_word_is(old, move->from) &&
	    __sync_val_compare_and_swap(drain.word, old, no_class | (old & SLAB_FREE_MASK)) != old)
		return -11;
	bpf_loop(class_blocks(move->from), drain_block, &drain, 0);
	old = no_class | class_all_free(move->from);
	if (READ_ONCE(*drain.word) != old)
		return -11;
	if (!class_remove(move->from, from, at))
		return -11;
	WRITE_ONCE(*drain.word, slab_word(move->to, class_all_free(move->to)));
	class_append(move->to, to, slab);
	return 0;
}

SEC("syscall")
int bmc_move(struct bmc_move *move)
{
	struct bmc_move copy = *move;

	barrier(); /* the *verifier* takes the context at constant offsets only */
	move->result = slab_move(&copy);
	return 0;
}

#endif /* BMC_CACHE_MOVE_H */

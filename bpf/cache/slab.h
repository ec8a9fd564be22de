/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_SLAB_H
#define BMC_CACHE_SLAB_H

/* Memory for blocks: slabs, each of one size class, each with a bitmap of free
 * blocks. A block is owned by whoever took its bit; taking and giving back are
 * single atomic operations, so no lock is held and none is needed. Layer 3;
 * eviction, which needs the index, is in alloc.h.
 */

#include "base/maps.h"

/* BPF_F_MMAPABLE starts the values on a page; a plain array starts them at an
 * odd offset.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bmc_chunk);
} bmc_chunks SEC(".maps");

/* Free bits and class of every slab. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} bmc_slab_words SEC(".maps");

/* Which slabs a class has: entry class * config.slabs + n is its n-th slab and
 * 1; 0 while it is being written.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} bmc_class_slabs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BMC_CLASSES);
	__type(key, u32);
	__type(value, struct bmc_class);
} bmc_classes SEC(".maps");

/* Where a block lies. Never 0 when packed into a slot word with its tag. */
struct block_ref {
	u32 slab;
	u32 class;
	u32 block;
};

/* Tables, where a switch would be a branch that the *verifier* follows for each
 * class. Not in .rodata, which user space reads as the configuration alone.
 */
#define X(index, bytes, blocks) bytes,
const volatile __u16 class_bytes[BMC_CLASSES] SEC(".rodata.classes") = { BMC_SIZE_CLASSES(X) };
#undef X
/* 2^16 over the block's units, rounded up: exact for all offsets in a slab. */
#define X(index, bytes, blocks) 65536 / (bytes / BMC_BLOCK_UNIT) + 1,
const volatile __u16 class_inverse[BMC_CLASSES] SEC(".rodata.classes") = { BMC_SIZE_CLASSES(X) };
#undef X

static __always_inline u32 class_block_bytes(u32 class)
{
	return class_bytes[class & (BMC_CLASSES - 1)];
}

/* Which block of a slab begins @offset bytes behind the slab's first one. */
static __always_inline u32 class_block_from(u32 class, u32 offset)
{
	return offset / BMC_BLOCK_UNIT * class_inverse[class & (BMC_CLASSES - 1)] >> 16;
}

static __always_inline u32 class_blocks(u32 class)
{
	switch (class) {
#define X(index, bytes, blocks)                                                           \
	case index:                                                                       \
		return blocks;
		BMC_SIZE_CLASSES(X)
#undef X
	}
	return 1;
}

/* The smallest class whose blocks hold the text; BMC_CLASSES if none does. */
static __always_inline u32 class_of_text(u32 text_bytes)
{
	u32 need = text_bytes + BMC_BLOCK_HEADER;

#define X(index, bytes, blocks)                                                           \
	if (need <= bytes)                                                                \
		return index;
	BMC_SIZE_CLASSES(X)
#undef X
	return BMC_CLASSES;
}

static __always_inline struct bmc_class *class_get(u32 class)
{
	return bpf_map_lookup_elem(&bmc_classes, &class);
}

static __always_inline u64 slab_word(u32 class, u64 free_bits)
{
	return ((u64)class + 1) << BMC_SLAB_CLASS_SHIFT | free_bits;
}

/* A word of 0 is a slab that no class has yet. */
static __always_inline bool slab_word_is(u64 word, u32 class)
{
	return word >> BMC_SLAB_CLASS_SHIFT == (u64)class + 1;
}

#define SLAB_FREE_MASK ((1ULL << 48) - 1)

/* The number of the lowest bit that is set in @bits, which is not 0. BPF of
 * -mcpu=v3 has no instruction for it.
 */
static __always_inline u32 lowest_bit(u64 bits)
{
	u32 n = 0;

	bits &= -bits;
	if (bits & 0xffffffff00000000ULL)
		n += 32;
	if (bits & 0xffff0000ffff0000ULL)
		n += 16;
	if (bits & 0xff00ff00ff00ff00ULL)
		n += 8;
	if (bits & 0xf0f0f0f0f0f0f0f0ULL)
		n += 4;
	if (bits & 0xccccccccccccccccULL)
		n += 2;
	if (bits & 0xaaaaaaaaaaaaaaaaULL)
		n += 1;
	return n;
}

/* Takes a free block of the slab if it is of that class and has one. */
static __always_inline bool slab_take(u32 slab, u32 class, struct block_ref *ref)
{
	u64 *word = bpf_map_lookup_elem(&bmc_slab_words, &slab);
	u32 tries;

	if (!word)
		return false;
	for (tries = 0; tries < 4; tries++) { /* bound: verifier */
		u64 old = READ_ONCE(*word), bits = old & SLAB_FREE_MASK;

		if (!slab_word_is(old, class) || !bits)
			return false;
		if (__sync_val_compare_and_swap(word, old, old & ~(bits & -bits)) == old) {
			*ref = (struct block_ref){ slab, class, lowest_bit(bits) };
			return true;
		}
	}
	return false;
}

/* The slab has a free block. */
static __always_inline void hint_set(struct bmc_class *class, u32 slab)
{
	u32 at = slab % BMC_CLASS_HINTS;

	hide_bounds(at);
	if (at < BMC_CLASS_HINTS) /* the *verifier* knows no remainders */
		WRITE_ONCE(class->hints[at], slab);
}

/* A block of a slab that is known to have had a free one. */
static __always_inline bool hints_take(struct bmc_class *info, u32 class, struct block_ref *ref)
{
	u32 i;

	for (i = 0; i < BMC_CLASS_HINTS; i++)
		if (slab_take(READ_ONCE(info->hints[i]), class, ref))
			return true;
	return false;
}

/* Gives a block back to its slab. */
static __always_inline void block_free(const struct block_ref *ref)
{
	u32 slab = ref->slab;
	u64 *word = bpf_map_lookup_elem(&bmc_slab_words, &slab);
	struct bmc_class *class = class_get(ref->class);

	if (word)
		__sync_fetch_and_or(word, 1ULL << (ref->block & 63));
	if (class) {
		__sync_fetch_and_add(&class->used_blocks, -1);
		hint_set(class, slab);
	}
}

/* Gives a slab that no class has yet to @class, and takes its first block. */
static __always_inline bool slab_assign(struct bmc_state *state, u32 class,
					struct bmc_class *info, struct block_ref *ref)
{
	u32 slab, at, *entry;
	u64 *word;

	if (READ_ONCE(state->slabs_used) >= config.slabs)
		return false;
	slab = __sync_fetch_and_add(&state->slabs_used, 1);
	word = bpf_map_lookup_elem(&bmc_slab_words, &slab);
	if (slab >= config.slabs || !word)
		return false;
	WRITE_ONCE(*word, slab_word(class, ((1ULL << class_blocks(class)) - 1) & ~1ULL));
	at = class * config.slabs + __sync_fetch_and_add(&info->slabs, 1);
	entry = bpf_map_lookup_elem(&bmc_class_slabs, &at);
	if (entry)
		WRITE_ONCE(*entry, slab + 1);
	hint_set(info, slab);
	*ref = (struct block_ref){ slab, class, 0 };
	return true;
}

/* ---- addressing a block ------------------------------------------------- */

/* The block's address, or NULL. The *verifier* learns that BMC_BLOCK_REACH bytes
 * behind it can be read, whatever the class.
 */
static __always_inline struct bmc_block *block_in(u32 chunk, u32 offset)
{
	struct bmc_chunk *c = bpf_map_lookup_elem(&bmc_chunks, &chunk);

	if (!c)
		return 0;
	hide_bounds(offset);
	if (offset > BMC_CHUNK_BYTES - BMC_BLOCK_REACH)
		return 0;
	return (struct bmc_block *)(c->bytes + offset);
}

/* In its chunk, in bytes. */
static __always_inline u32 block_offset(const struct block_ref *ref)
{
	return ref->slab % BMC_CHUNK_SLABS * BMC_SLAB_BYTES +
	       ref->block * class_block_bytes(ref->class);
}

static __always_inline struct bmc_block *block_at(const struct block_ref *ref)
{
	return block_in(ref->slab / BMC_CHUNK_SLABS, block_offset(ref));
}

#endif /* BMC_CACHE_SLAB_H */

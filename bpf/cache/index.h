/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_INDEX_H
#define BMC_CACHE_INDEX_H

/* The index: buckets of slot words, and every change that is made to them.
 * This file holds all locking of the cache. What happens to a word happens
 * under its bucket's lock; what was removed is returned to the caller, who then
 * owns the block. Layer 4.
 */

#include "base/doubt.h"
#include "cache/hash.h"
#include "cache/slab.h"

/* BPF_F_MMAPABLE aligns the values, so that a bucket is one cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bmc_bucket);
} bmc_buckets SEC(".maps");

static __always_inline struct bmc_bucket *bucket_get(u32 index)
{
	return bpf_map_lookup_elem(&bmc_buckets, &index);
}

/* ---- slot words --------------------------------------------------------- */

static __always_inline u64 slot_tag(u64 word)
{
	return word >> BMC_SLOT_TAG_SHIFT;
}

static __always_inline u32 slot_chunk(u64 word)
{
	return word >> BMC_SLOT_CHUNK_SHIFT & ((1u << BMC_SLOT_CHUNK_BITS) - 1);
}

/* Of the block in its chunk, in bytes. */
static __always_inline u32 slot_offset(u64 word)
{
	return (word >> BMC_SLOT_OFFSET_SHIFT & ((1u << BMC_SLOT_OFFSET_BITS) - 1)) *
	       BMC_BLOCK_UNIT;
}

static __always_inline u32 slot_class(u64 word)
{
	return word & ((1u << BMC_SLOT_CLASS_BITS) - 1);
}

static __always_inline struct bmc_block *slot_block(u64 word)
{
	return block_in(slot_chunk(word), slot_offset(word));
}

static __always_inline struct block_ref slot_ref(u64 word)
{
	u32 offset = slot_offset(word);

	return (struct block_ref){
		.slab = slot_chunk(word) * BMC_CHUNK_SLABS + offset / BMC_SLAB_BYTES,
		.class = slot_class(word),
		.block = class_block_from(slot_class(word), offset % BMC_SLAB_BYTES),
	};
}

/* The bits of a word that say which block it links. */
#define SLOT_REF_MASK ((1ULL << BMC_SLOT_GEN_SHIFT) - 1)

static __always_inline u64 slot_word(u64 tag, u32 generation, const struct block_ref *ref)
{
	u64 low = generation & ((1u << BMC_SLOT_GEN_BITS) - 1);

	return tag << BMC_SLOT_TAG_SHIFT | low << BMC_SLOT_GEN_SHIFT |
	       (u64)(ref->slab / BMC_CHUNK_SLABS) << BMC_SLOT_CHUNK_SHIFT |
	       block_offset(ref) / BMC_BLOCK_UNIT << BMC_SLOT_OFFSET_SHIFT | ref->class;
}

static __always_inline void slot_free(u64 word)
{
	struct block_ref ref = slot_ref(word);

	if (word)
		block_free(&ref);
}

/* ---- recency ------------------------------------------------------------ */

/* The refresh generation of a bucket's entries: moves every 32 s or so, at
 * another moment for each bucket, so that not all of them pass a hit at once.
 * The period is a power of two of jiffies, since this is on the hot path.
 */
static __always_inline u8 recency_generation(u64 jiffies, u32 bucket)
{
	u32 shift = config.hz >= 512 ? 15 : config.hz >= 256 ? 14 : config.hz >= 128 ? 13 : 12;
	u64 shifted = jiffies + ((u64)bucket << (shift - 6));

	return (shifted >> shift) << 1;
}

#define RECENCY_USED 1

/* ---- under the lock: no helper call, loops over the slots only ---------- */

/* Links @ref, in the slot of the same tag, an empty one, or one that the clock
 * would evict. Returns the word that had to go, or 0.
 */
static __always_inline u64 bucket_link_locked(struct bmc_bucket *bucket, u64 tag,
					      const struct block_ref *ref, u8 recency)
{
	u64 old = 0, word;
	u32 at = bucket->version % BMC_SLOTS, i, rank = 0;

	for (i = 0; i < BMC_SLOTS; i++) {
		u32 better = 0;

		word = bucket->slots[i];
		if (slot_tag(word) == tag)
			better = 3;
		else if (!word)
			better = 2;
		else if (!(bucket->recency[i] & RECENCY_USED))
			better = 1;
		if (better > rank) {
			rank = better;
			at = i;
		}
	}
	bucket->version++;
	word = slot_word(tag, bucket->version, ref);
	for (i = 0; i < BMC_SLOTS; i++) { /* constant offsets: the verifier's wish */
		if (i == at) {
			old = bucket->slots[i];
			bucket->recency[i] = recency;
			WRITE_ONCE(bucket->slots[i], word);
		}
	}
	return old;
}

/* ---- a write (coherence.md 1) ------------------------------------------- */

/* What begins at r_W. The caller keeps it until the write is over. */
struct write {
	u32 bucket;
	u32 version;    /* of the bucket when this write had begun */
	u32 epoch;      /* at that moment */
	bool alone;     /* nothing else was open on the bucket or globally */
	u64 removed;    /* one slot word that was emptied: the caller owns its block; or 0 */
};

/* I2: empties every slot that may hold the key. Returns false if the counter
 * of open writes is full: then the caller must stop serving (I11).
 */
static __always_inline bool write_begin(struct bmc_state *state, u64 hash, struct write *write)
{
	u64 tag = hash_tag(hash), removed[BMC_SLOTS] = {};
	u32 index = hash_bucket(hash, config.buckets), i, emptied = 0;
	struct bmc_bucket *bucket = bucket_get(index);
	bool counted;

	*write = (struct write){ .bucket = index };
	if (!bucket)
		return false;
	write->epoch = READ_ONCE(state->epoch);
	bpf_spin_lock(&bucket->lock);
	counted = bucket->opens != 0xffff;
	write->alone = !bucket->opens || (config.test_flags & BMC_TEST_IGNORE_OPENS);
	write->version = ++bucket->version;
	if (counted)
		bucket->opens++;
	for (i = 0; i < BMC_SLOTS; i++) {
		u64 word = bucket->slots[i];

		if (word && slot_tag(word) == tag) {
			removed[i] = word;
			WRITE_ONCE(bucket->slots[i], 0);
		}
	}
	bpf_spin_unlock(&bucket->lock);
	if (READ_ONCE(state->global_opens))
		write->alone = false;
	for (i = 0; i < BMC_SLOTS; i++) {
		if (!removed[i])
			continue;
		emptied++;
		if (!write->removed)
			write->removed = removed[i];
		else
			slot_free(removed[i]);
	}
	count(BMC_COUNT_WRITES);
	count_add(BMC_COUNT_INVALIDATIONS, emptied);
	return counted;
}

/* The write is over and published nothing. */
static __always_inline void write_end(u32 index)
{
	struct bmc_bucket *bucket = bucket_get(index);

	if (!bucket)
		return;
	bpf_spin_lock(&bucket->lock);
	bucket->version++;
	if (bucket->opens)
		bucket->opens--;
	bpf_spin_unlock(&bucket->lock);
}

/* The write is over and memcached stored its value, which lies in @ref: links
 * it if the write began and ended alone (I3), else frees the block.
 */
static __always_inline bool write_publish(struct bmc_state *state, const struct write *write,
					  u64 hash, const struct block_ref *ref)
{
	struct bmc_bucket *bucket = bucket_get(write->bucket);
	u8 recency = recency_generation(bpf_jiffies64(), write->bucket) |
		     RECENCY_USED;
	u64 old = 0;
	bool linked;

	if (!bucket)
		return false;
	bpf_spin_lock(&bucket->lock);
	/* It began alone, and whatever began since has moved the version: nothing else is open. */
	linked = bucket->version == write->version && READ_ONCE(state->epoch) == write->epoch &&
		 !READ_ONCE(state->global_opens);
	linked |= !!(config.test_flags & BMC_TEST_PUBLISH_UNCHECKED);
	linked &= write->alone;
	bucket->version++;
	if (bucket->opens)
		bucket->opens--;
	if (linked)
		old = bucket_link_locked(bucket, hash_tag(hash), ref, recency);
	bpf_spin_unlock(&bucket->lock);
	slot_free(old);
	if (linked)
		count(BMC_COUNT_PUBLISHES);
	else
		block_free(ref);
	return linked;
}

/* ---- writes that may touch any key -------------------------------------- */

/* Opened first, then the epoch moves: nothing is linked in between. */
static __always_inline void global_begin(struct bmc_state *state)
{
	__sync_fetch_and_add(&state->global_opens, 1);
	epoch_move(state);
	count(BMC_COUNT_EPOCHS);
}

/* Data arrived that may touch any key, while one is open. */
static __always_inline void global_again(struct bmc_state *state)
{
	epoch_move(state);
	count(BMC_COUNT_EPOCHS);
}

static __always_inline void global_end(struct bmc_state *state)
{
	epoch_move(state);
	__sync_fetch_and_add(&state->global_opens, -1);
}

/* Nothing is linked and no lease is taken until it is let go, but what is
 * cached stays: for writes whose keys are already emptied, and whose buckets
 * cannot be remembered one by one.
 */
static __always_inline void global_hold(struct bmc_state *state)
{
	__sync_fetch_and_add(&state->global_opens, 1);
}

static __always_inline void global_let_go(struct bmc_state *state)
{
	__sync_fetch_and_add(&state->global_opens, -1);
}

/* ---- a fill ------------------------------------------------------------- */

/* I4: what a fill must find unchanged. */
static __always_inline s32 lease_take(struct bmc_state *state, struct bmc_lease *lease)
{
	struct bmc_bucket *bucket = bucket_get(hash_bucket(lease->hash, config.buckets));
	u32 opens;

	if (!bucket)
		return -22; /* EINVAL */
	if (READ_ONCE(state->stopped))
		return -11; /* EAGAIN */
	lease->epoch = READ_ONCE(state->epoch);
	lease->clock_floor_s = READ_ONCE(state->clock_floor_s);
	bpf_spin_lock(&bucket->lock);
	opens = bucket->opens;
	lease->version = bucket->version;
	bpf_spin_unlock(&bucket->lock);
	if (opens || READ_ONCE(state->global_opens))
		return -16; /* EBUSY */
	return 0;
}

/* Links a filled block if the lease still holds; else the caller keeps it. */
static __always_inline bool fill_publish(struct bmc_state *state, const struct bmc_lease *lease,
					 const struct block_ref *ref)
{
	u32 index = hash_bucket(lease->hash, config.buckets);
	struct bmc_bucket *bucket = bucket_get(index);
	u8 recency = recency_generation(bpf_jiffies64(), index) | RECENCY_USED;
	u64 old = 0;
	bool linked;

	if (!bucket)
		return false;
	bpf_spin_lock(&bucket->lock);
	linked = !bucket->opens && bucket->version == lease->version &&
		 READ_ONCE(state->epoch) == lease->epoch && !READ_ONCE(state->global_opens) &&
		 !READ_ONCE(state->stopped);
	linked |= !!(config.test_flags & BMC_TEST_NO_LEASE);
	if (linked)
		old = bucket_link_locked(bucket, hash_tag(lease->hash), ref, recency);
	bpf_spin_unlock(&bucket->lock);
	slot_free(old);
	return linked;
}

/* ---- eviction ----------------------------------------------------------- */

/* Empties the slot that links @ref, if there is one and it was not used since
 * the clock hand passed (or @force). True: the caller owns the block.
 */
static __always_inline bool bucket_evict(u32 index, const struct block_ref *ref, bool force)
{
	struct bmc_bucket *bucket = bucket_get(index);
	u64 want = slot_word(0, 0, ref);
	bool evicted = false;
	u32 i;

	if (!bucket)
		return false;
	bpf_spin_lock(&bucket->lock);
	for (i = 0; i < BMC_SLOTS; i++) {
		u64 word = bucket->slots[i];

		if (!word || (word & SLOT_REF_MASK) != want)
			continue;
		if (!force && (bucket->recency[i] & RECENCY_USED)) {
			bucket->recency[i] &= ~RECENCY_USED;
		} else {
			WRITE_ONCE(bucket->slots[i], 0);
			evicted = true;
		}
	}
	bpf_spin_unlock(&bucket->lock);
	return evicted;
}

#endif /* BMC_CACHE_INDEX_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_FIND_H
#define BMC_SERVE_FIND_H

/* Looks a key up without a lock: one bucket line, one block. What is found
 * counts only if slot_holds() says so after the copy. Layer 7.
 */

#include "serve/scratch.h"
#include "base/words.h"

/* Two keys of the same length, by words; both lie in memory that can be read
 * up to a whole word behind them.
 */
static __always_inline bool key_equal(const u8 *a, const u8 *b, u32 bytes)
{
	u32 i;

	for (i = 0; i < 31; i++, bytes -= 8) { /* bound: 31 words hold 248 bytes */
		if (bytes < 8)
			return !bytes || !low_bytes(load_u64(a + i * 8) ^ load_u64(b + i * 8), bytes);
		if (load_u64(a + i * 8) != load_u64(b + i * 8))
			return false;
	}
	return !low_bytes(load_u64(a + i * 8) ^ load_u64(b + i * 8), bytes & 7);
}

/* I5: a fine clock, because a coarse one lags. */
static __always_inline bool block_expired(const struct bmc_block *block)
{
	return block->expiry && (u32)(bpf_ktime_get_ns() >> BMC_TICK_SHIFT) >= block->expiry;
}

/* Marks the entry used, and says whether this hit is one that memcached should
 * see, lest it evict an item that is hot only here. Writes the byte only if it
 * changes: the line is shared.
 */
static __always_inline bool recency_touch(struct bmc_bucket *bucket, u32 slot, u32 index,
					  u64 now)
{
	u8 fresh = recency_generation(now, index) | RECENCY_USED, was;

	if (slot >= BMC_SLOTS)
		return false;
	was = READ_ONCE(bucket->recency[slot]);
	if (was == fresh)
		return false;
	WRITE_ONCE(bucket->recency[slot], fresh);
	return (was ^ fresh) & ~RECENCY_USED;
}

/* The word of the slot that has the tag, and which slot; 0 if none has. Which
 * slot it is cannot be predicted, so no branch asks: a mispredicted one would
 * also throw away what the processor did while the line was on its way.
 *
 * If two slots have the tag, because one was emptied and another filled during
 * the scan, word and slot are a mixture, which slot_links() refuses.
 */
static __always_inline u64 bucket_find(struct bmc_bucket *bucket, u64 tag, u32 *slot)
{
	u64 found = 0, word, match;
	u32 at = 0, i;

	for (i = 0; i < BMC_SLOTS; i++) {
		word = READ_ONCE(bucket->slots[i]);
		match = (s64)((slot_tag(word) ^ tag) - 1) >> 63; /* all ones or none */
		found |= word & match;
		at |= i & match;
	}
	*slot = at;
	return found;
}

static __always_inline bool slot_links(struct bmc_bucket *bucket, u32 slot, u64 word)
{
	hide_bounds(slot);
	return slot < BMC_SLOTS && READ_ONCE(bucket->slots[slot]) == word;
}

/* Sends for the lines of a block, all at once: a text of the class reaches
 * beyond the blocks of the class below. Behind 512 bytes the processor has
 * seen enough of a sequence to go on by itself.
 */
static __always_inline void block_touch(const struct bmc_block *block, u32 class)
{
	const u8 *line = (const u8 *)block;

	touch(line);
	touch(line + 64);
	if (class < 1)
		return;
	touch(line + 128);
	if (class < 2)
		return;
	touch(line + 192);
	if (class < 3)
		return;
	touch(line + 256);
	if (class < 4)
		return;
	touch(line + 320);
	touch(line + 384);
	touch(line + 448);
}

/* A slot that may link the key, and what it links. */
struct found {
	struct bmc_bucket *bucket;
	struct bmc_block *block;   /* NULL if no slot has the key's tag */
	u64 word;
	u32 index;                 /* of the bucket */
	u32 slot;
};

/* From the key's hash alone; the block is sent for. */
static __always_inline void find_slot(u64 hash, struct found *found)
{
	found->index = hash_bucket(hash, config.buckets);
	found->block = 0;
	found->bucket = bucket_get(found->index);
	if (!found->bucket)
		return;
	found->word = bucket_find(found->bucket, hash_tag(hash), &found->slot);
	if (!found->word || !slot_links(found->bucket, found->slot, found->word))
		return;
	found->block = slot_block(found->word);
	if (found->block)
		block_touch(found->block, slot_class(found->word));
}

/* Whether what find_slot() found is the key's. Returns 0, MISS, EXPIRED or
 * REFRESH; the hit is filled in for 0 and REFRESH.
 */
static __always_inline s32 find_block(struct serve_scratch *s, const struct serve_key *key,
				      const struct found *found, struct serve_hit *hit)
{
	struct bmc_block *block = found->block;
	u32 at = key->at;

	if (!block || !found->bucket || block->epoch != s->epoch || block->key_bytes != key->bytes)
		return BMC_PASS_MISS;
	hide_bounds(at);
	if (at > SERVE_REQUEST_MAX ||
	    !key_equal(s->request + at, (u8 *)block + BMC_BLOCK_HEADER + BMC_TEXT_KEY, key->bytes))
		return BMC_PASS_MISS;
	if (block_expired(block))
		return BMC_PASS_EXPIRED;
	hit->word = found->word;
	hit->bucket = found->index;
	hit->slot = found->slot;
	hit->text_bytes = block->text_bytes;
	hit->text_sum = block->text_sum;
	return recency_touch(found->bucket, found->slot, found->index, s->now) ? BMC_PASS_REFRESH
									       : 0;
}

/* Key @index of a multi-get. Global, so that the *verifier* walks it once. */
__noinline int serve_find(struct serve_scratch *s, u32 index)
{
	struct found found = {};

	hide_bounds(index);
	if (!s || index >= BMC_MULTIGET_MAX)
		return BMC_PASS_MISS;
	find_slot(s->keys[index].hash, &found);
	return find_block(s, &s->keys[index], &found, &s->hits[index]);
}

/* After the copy: the entry that was copied is still linked by the same word,
 * so what was copied was it all along.
 */
static __always_inline bool slot_holds(struct bmc_bucket *bucket, u32 slot, u64 word)
{
	read_barrier();
	return bucket && (slot_links(bucket, slot, word) ||
			  (config.test_flags & BMC_TEST_NO_RECHECK));
}

static __always_inline bool hit_holds(const struct serve_hit *hit)
{
	return slot_holds(bucket_get(hit->bucket), hit->slot, hit->word);
}

#endif /* BMC_SERVE_FIND_H */

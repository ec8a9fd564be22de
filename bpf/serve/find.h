/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_FIND_H
#define BMC_SERVE_FIND_H

/* Looks a key up without a lock: one bucket line, one block. What is found
 * counts only if serve_hit_holds() says so after the copy. Layer 7.
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
 * the scan, word and slot are a mixture: serve_hit_holds() finds that no slot
 * links it, unless it is right after all.
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

/* Sends for the lines of a block, all at once: a text of the class reaches
 * beyond the blocks of the class below. Behind 512 bytes the processor has
 * seen enough of a sequence to go on by itself.
 */
static __always_inline void block_touch(u64 word)
{
	const u8 *block = (const u8 *)slot_block(word);
	u32 class = slot_class(word);

	if (!block)
		return;
	touch(block);
	touch(block + 64);
	if (class < 2)
		return;
	touch(block + 128);
	touch(block + 192);
	if (class < 3)
		return;
	touch(block + 256);
	touch(block + 320);
	if (class < 4)
		return;
	touch(block + 384);
	touch(block + 448);
}

/* Which slot may link the key, from its hash alone; its block is sent for. */
static __always_inline void find_slot(const struct serve_key *key, struct serve_hit *hit)
{
	u32 index = hash_bucket(key->hash, config.buckets), slot;
	struct bmc_bucket *bucket = bucket_get(index);

	hit->word = 0;
	if (!bucket)
		return;
	hit->word = bucket_find(bucket, hash_tag(key->hash), &slot);
	hit->bucket = index;
	hit->slot = slot;
	if (hit->word)
		block_touch(hit->word);
}

/* Whether the block that find_slot() found is the key's. Returns 0, MISS,
 * EXPIRED or REFRESH; the hit is filled in for 0 and REFRESH.
 */
static __always_inline s32 find_block(struct serve_scratch *s, const struct serve_key *key,
				      struct serve_hit *hit)
{
	struct bmc_bucket *bucket = bucket_get(hit->bucket);
	struct bmc_block *block;
	u32 at = key->at;

	if (!hit->word || !bucket)
		return BMC_PASS_MISS;
	block = slot_block(hit->word);
	if (!block || block->epoch != s->epoch || block->key_bytes != key->bytes)
		return BMC_PASS_MISS;
	hide_bounds(at);
	if (at > SERVE_REQUEST_MAX ||
	    !key_equal(s->request + at, (u8 *)block + BMC_BLOCK_HEADER + BMC_TEXT_KEY, key->bytes))
		return BMC_PASS_MISS;
	if (block_expired(block))
		return BMC_PASS_EXPIRED;
	hit->text_bytes = block->text_bytes;
	hit->text_sum = block->text_sum;
	return recency_touch(bucket, hit->slot, hit->bucket, s->now) ? BMC_PASS_REFRESH : 0;
}

/* Key @index of a multi-get. Global, so that the *verifier* walks it once. */
__noinline int serve_find(struct serve_scratch *s, u32 index)
{
	hide_bounds(index);
	if (!s || index >= BMC_MULTIGET_MAX)
		return BMC_PASS_MISS;
	find_slot(&s->keys[index], &s->hits[index]);
	return find_block(s, &s->keys[index], &s->hits[index]);
}

/* After the copy: the entry that was copied is still linked by the same word,
 * so what was copied was it all along.
 */
static __always_inline bool serve_hit_holds(const struct serve_hit *hit)
{
	struct bmc_bucket *bucket = bucket_get(hit->bucket);
	u32 slot = hit->slot;

	read_barrier();
	if (!bucket || slot >= BMC_SLOTS)
		return false;
	return READ_ONCE(bucket->slots[slot]) == hit->word ||
	       (config.test_flags & BMC_TEST_NO_RECHECK);
}

#endif /* BMC_SERVE_FIND_H */

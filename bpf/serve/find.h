/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_FIND_H
#define BMC_SERVE_FIND_H

/* Looks a key up without a lock: one bucket line, one block. What is found
 * counts only if serve_hit_holds() says so after the copy. Layer 7.
 */

#include "serve/scratch.h"
#include "serve/words.h"

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
					  u64 now_ns)
{
	u8 now = recency_generation(now_ns, index) | RECENCY_USED, was;

	if (slot >= BMC_SLOTS)
		return false;
	was = READ_ONCE(bucket->recency[slot]);
	if (was == now)
		return false;
	WRITE_ONCE(bucket->recency[slot], now);
	return (was ^ now) & ~RECENCY_USED;
}

/* Key @index of the request: fills in its hit. Returns 0, MISS, EXPIRED or
 * REFRESH. Global, so that the *verifier* walks it once for every caller.
 */
__noinline int serve_find(struct serve_scratch *s, u32 index)
{
	struct bmc_bucket *bucket;
	struct bmc_block *block;
	struct block_ref ref;
	u32 at, i, bytes;
	u64 tag, word = 0;

	if (!s || index >= BMC_MULTIGET_MAX)
		return BMC_PASS_MISS;
	at = hash_bucket(s->keys[index].hash, config.buckets);
	tag = hash_tag(s->keys[index].hash);
	bucket = bucket_get(at);
	if (!bucket)
		return BMC_PASS_MISS;
	for (i = 0; i < BMC_SLOTS; i++) {
		word = READ_ONCE(bucket->slots[i]);
		if (slot_tag(word) == tag)
			break;
	}
	if (i == BMC_SLOTS)
		return BMC_PASS_MISS;
	ref = slot_ref(word);
	block = block_at(&ref);
	bytes = s->keys[index].bytes;
	if (!block || block->epoch != s->epoch || block->key_bytes != bytes)
		return BMC_PASS_MISS;
	if (block_expired(block))
		return BMC_PASS_EXPIRED;
	hide_bounds(i);
	at = s->keys[index].at;
	if (at > SERVE_REQUEST_MAX)
		return BMC_PASS_MISS;
	if (!key_equal(s->request + at, (u8 *)block + BMC_BLOCK_HEADER + BMC_TEXT_KEY, bytes))
		return BMC_PASS_MISS;
	s->hits[index].word = word;
	s->hits[index].bucket = hash_bucket(s->keys[index].hash, config.buckets);
	s->hits[index].slot = i;
	s->hits[index].text_bytes = block->text_bytes;
	s->hits[index].text_sum = block->text_sum;
	if (recency_touch(bucket, i, s->hits[index].bucket, s->now_ns))
		return BMC_PASS_REFRESH;
	return 0;
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
	return READ_ONCE(bucket->slots[slot]) == hit->word;
}

#endif /* BMC_SERVE_FIND_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_CACHE_HASH_H
#define BMC_CACHE_HASH_H

/* The hash of a key, by words of eight bytes: one multiplication a word, which
 * is what a hit on the kernel side can afford. It is seeded with 64 random
 * bits for every load, so that a client cannot aim at one bucket. Compiled by
 * the kernel side and by the host, which must agree.
 */

#include "base/types.h"

#define HASH_MULTIPLIER 0x9E3779B97F4A7C15ULL /* 2^64 over the golden ratio, odd */

static __always_inline u64 hash_word(u64 hash, u64 word)
{
	hash = (hash ^ word) * HASH_MULTIPLIER;
	return hash ^ (hash >> 32);
}

/* The last word of a key holds its 0 to 7 remaining bytes, zero padded. */
static __always_inline u64 hash_finish(u64 hash, u64 last_word, u32 key_bytes)
{
	hash = hash_word(hash, last_word);
	return hash_word(hash, key_bytes);
}

/* Which bucket and which tag: taken from opposite ends of the hash, so that
 * the keys of one bucket have independent tags. @buckets needs no power of two.
 */
static __always_inline u32 hash_bucket(u64 hash, u32 buckets)
{
	return (u32)(((hash >> 32) * buckets) >> 32);
}

static __always_inline u64 hash_tag(u64 hash)
{
	u64 tag = hash & ((1u << BMC_SLOT_TAG_BITS) - 1);

	return tag ? tag : 1; /* a slot word of 0 is empty */
}

/* Of a key that lies in memory with at least seven readable bytes behind it;
 * @key_bytes is at most BMC_KEY_MAX.
 */
static __always_inline u64 hash_key(u64 seed, const u8 *key, u32 key_bytes)
{
	u64 hash = seed;
	u32 at = 0;

	for (; at + 8 <= key_bytes && at < 256; at += 8)
		hash = hash_word(hash, load_u64(key + at));
	return hash_finish(hash,
			   key_bytes > at ? load_u64(key + at) &
						    ((1ULL << ((key_bytes - at) * 8)) - 1)
					  : 0,
			   key_bytes);
}

#endif /* BMC_CACHE_HASH_H */

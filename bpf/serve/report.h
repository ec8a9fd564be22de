/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_REPORT_H
#define BMC_SERVE_REPORT_H

/* Tells the daemon of keys that miss repeatedly, and not of those that it has
 * asked for in vain. A small table remembers the misses of a key; one that was
 * pushed out of it begins anew. Layer 7.
 */

#include "serve/scratch.h"

enum {
	REPORT_SETS = 16384,
	REPORT_WAYS = 4,           /* a set is one cache line */
};
/* A key whose fill is on its way is not reported again for some milliseconds. */
#define REPORT_AGAIN (config.hz / 250u + 1)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} bmc_misses SEC(".maps");

struct miss_count {
	u32 tag;
	u32 again;                 /* not reported before; jiffies, the low bits */
	u32 version;               /* of the bucket when a fill was in vain, with @epoch: */
	u16 epoch;
	u8 backs_off;              /* until either has moved or @again has come */
	u8 misses;
};

struct miss_set {
	struct miss_count ways[REPORT_WAYS];
};

/* BPF_F_MMAPABLE starts the values on a page. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REPORT_SETS);
	__type(key, u32);
	__type(value, struct miss_set);
} bmc_miss_counts SEC(".maps");

/* That of the key, or the one that has waited longest, made the key's. */
static __always_inline struct miss_count *miss_count_get(u64 hash, u32 now)
{
	u32 index = hash & (REPORT_SETS - 1), tag = hash >> 32, i;
	struct miss_set *set = bpf_map_lookup_elem(&bmc_miss_counts, &index);
	struct miss_count *oldest;

	if (!set)
		return 0;
	oldest = &set->ways[0];
	for (i = 0; i < REPORT_WAYS; i++) {
		struct miss_count *way = &set->ways[i];

		if (way->tag == tag)
			return way;
		if ((s32)(way->again - oldest->again) < 0)
			oldest = way;
	}
	*oldest = (struct miss_count){ .tag = tag, .again = now };
	return oldest;
}

/* Whether the time for another report is still to come. A time that is further
 * off than any pause is one long ago.
 */
static __always_inline bool miss_waits(const struct miss_count *counted, u32 now, u32 version,
				       u16 epoch)
{
	if (counted->again - now - 1 >= BMC_BACKOFF_MAX_S * config.hz)
		return false;
	return !counted->backs_off ||
	       (counted->version == version && counted->epoch == epoch);
}

static __always_inline void report_send(struct serve_scratch *s, u32 at, u32 bytes)
{
	u32 i;

	if (at > SERVE_REQUEST_MAX || bytes > BMC_KEY_MAX)
		return;
	s->miss.key_bytes = bytes;
	for (i = 0; i < 31; i++) /* a whole key with what follows it; 1 + 31 * 8 < 256 */
		*(u64 *)(s->miss.key + i * 8) = load_u64(s->request + at + i * 8);
	__builtin_memcpy(s->miss.key + 248, s->request + at + 248, 4);
	if (bpf_ringbuf_output(&bmc_misses, &s->miss, sizeof(s->miss), 0))
		count(BMC_COUNT_MISS_REPORTS_LOST);
	else
		count(BMC_COUNT_MISS_REPORTS);
}

/* Key @index of the request missed. */
static __noinline int report_miss(struct serve_scratch *s, u32 index)
{
	struct bmc_state *state = state_get();
	struct miss_count *counted;
	struct bmc_bucket *bucket;
	u32 now;
	u64 hash;

	if (!s || !state || index >= BMC_MULTIGET_MAX)
		return 0;
	now = s->now;
	hash = s->keys[index].hash;
	bucket = bucket_get(hash_bucket(hash, config.buckets));
	counted = miss_count_get(hash, now);
	if (!bucket || !counted ||
	    miss_waits(counted, now, READ_ONCE(bucket->version), s->epoch))
		return 0;
	if (counted->misses < 255)
		counted->misses++;
	if (counted->misses < READ_ONCE(state->report_after))
		return 0;
	counted->again = now + REPORT_AGAIN;
	counted->backs_off = 0;
	report_send(s, s->keys[index].at, s->keys[index].bytes);
	return 0;
}

/* A fill was in vain, mostly because memcached has no such item. While no write
 * begins in its bucket that stays so, and asking again would be in vain too.
 */
SEC("syscall")
int bmc_backoff(struct bmc_backoff *args)
{
	u32 now = bpf_jiffies64(), seconds = args->seconds;
	struct bmc_lease lease = args->lease;
	struct miss_count *counted = miss_count_get(lease.hash, now);

	if (!counted)
		return 0;
	if (seconds > BMC_BACKOFF_MAX_S)
		seconds = BMC_BACKOFF_MAX_S;
	counted->version = lease.version;
	counted->epoch = lease.epoch;
	counted->again = now + seconds * config.hz;
	counted->backs_off = 1;
	return 0;
}

#endif /* BMC_SERVE_REPORT_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_REPORT_H
#define BMC_SERVE_REPORT_H

/* Tells the daemon of keys that miss repeatedly. A small table counts the
 * misses of a key; collisions only make a count start again. Layer 7.
 */

#include "serve/scratch.h"

enum { REPORT_COUNTED = 65536 };
/* A key whose fill is on its way is not reported again for some milliseconds. */
#define REPORT_AGAIN (config.hz / 250u + 1)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} bmc_misses SEC(".maps");

struct miss_count {
	u32 tag;
	u32 misses;
	u64 reported;              /* jiffies */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, REPORT_COUNTED);
	__type(key, u32);
	__type(value, struct miss_count);
} bmc_miss_counts SEC(".maps");

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
	u32 slot, tag;

	if (!s || !state || index >= BMC_MULTIGET_MAX)
		return 0;
	slot = s->keys[index].hash & (REPORT_COUNTED - 1);
	tag = s->keys[index].hash >> 32;
	counted = bpf_map_lookup_elem(&bmc_miss_counts, &slot);
	if (!counted)
		return 0;
	if (counted->tag != tag) {
		counted->tag = tag;
		counted->misses = 0;
		counted->reported = 0;
	}
	if (++counted->misses < READ_ONCE(state->report_after) ||
	    s->now - counted->reported < REPORT_AGAIN)
		return 0;
	counted->reported = s->now;
	report_send(s, s->keys[index].at, s->keys[index].bytes);
	return 0;
}

#endif /* BMC_SERVE_REPORT_H */

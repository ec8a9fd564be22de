/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_OPENS_H
#define BMC_TAP_OPENS_H

/* Writes begin one by one, when memcached receives them, and end together
 * (coherence.md 1 and 2).
 */

#include "base/doubt.h"
#include "tap/conn.h"

/* Any key may be written until the batch is over. */
static __always_inline void opens_add_global(struct bmc_state *state, struct opens *opens)
{
	if (opens->is_global) {
		global_again(state);
		return;
	}
	opens->is_global = 1;
	global_begin(state);
}

/* A write on a bucket has begun. */
static __always_inline void opens_add(struct bmc_state *state, struct opens *opens, u32 bucket)
{
	u32 n = opens->count;

	if (n < OPENS_MAX) {
		opens->buckets[n] = bucket;
		opens->count = n + 1;
		return;
	}
	/* Held before the bucket's own open ends: nothing slips in between. */
	if (!opens->is_overflow) {
		opens->is_overflow = 1;
		global_hold(state);
		count(BMC_COUNT_WRITE_OVERFLOWS);
	}
	write_end(bucket);
}

/* A flush_all has begun. Serving is stopped first; the daemon starts it again
 * when memcached's clock has passed the flush.
 */
static __always_inline void opens_add_flush(struct bmc_state *state, struct opens *opens)
{
	opens->flushes++;
	__sync_fetch_and_add(&state->flushes, 1);
	__sync_fetch_and_add(&state->flush_opens, 1);
	__sync_fetch_and_or(&state->stopped, BMC_STOP_FLUSH);
	opens_add_global(state, opens);
}

static long opens_end_step(u32 index, struct opens **context)
{
	struct opens *opens = *context;

	if (index >= opens->count || index >= OPENS_MAX)
		return 1;
	write_end(opens->buckets[index]);
	return 0;
}

/* All are over. */
VERIFIED_ONCE int opens_end(struct opens *opens)
{
	struct bmc_state *state = state_get();

	if (!opens || !state)
		return 0;
	if (opens->count == 1)
		write_end(opens->buckets[0]);
	else if (opens->count)
		bounded_loop(OPENS_MAX, opens_end_step, &opens);
	if (opens->is_global)
		global_end(state);
	if (opens->is_overflow)
		global_let_go(state);
	if (opens->flushes)
		__sync_fetch_and_add(&state->flush_opens, -opens->flushes);
	opens->count = 0;
	opens->flushes = 0;
	opens->is_global = 0;
	opens->is_overflow = 0;
	return 0;
}

#endif /* BMC_TAP_OPENS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_DOUBT_H
#define BMC_BASE_DOUBT_H

/* I11: the tap has found that it cannot be trusted. Serving stops and the
 * cache is emptied, until a new tap is attached.
 */

#include "base/maps.h"

/* The first reason stays. */
static __always_inline void raise_doubt(struct bmc_state *state, u32 reason)
{
	__sync_val_compare_and_swap(&state->doubt, BMC_DOUBT_NONE, reason);
	__sync_fetch_and_or(&state->stopped, BMC_STOP_DOUBT);
	__sync_fetch_and_add(&state->epoch, 1);
}

/* No entry has a later epoch: one that came round would revive those of old. */
#define EPOCH_LAST 0x7fffffffu

/* All entries become misses. */
static __always_inline void epoch_move(struct bmc_state *state)
{
	if (__sync_fetch_and_add(&state->epoch, 1) == EPOCH_LAST)
		raise_doubt(state, BMC_DOUBT_SATURATED);
}

#endif /* BMC_BASE_DOUBT_H */

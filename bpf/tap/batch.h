/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_BATCH_H
#define BMC_TAP_BATCH_H

/* What may be concluded from memcached's replies (coherence.md 2, rules 2 and
 * 3), kept up with every command that arrives and every line that goes out.
 */

#include "tap/stage.h"

/* What a batch becomes when it gets one more command. */
static __always_inline u8 batch_mode_after(u8 mode, u8 answer)
{
	if (mode == BATCH_NONE && answer == ANSWER_HEADER)
		return BATCH_HEADER;
	if (mode == BATCH_NONE && answer == ANSWER_LINE)
		return BATCH_LINES;
	if ((mode == BATCH_NONE || mode == BATCH_GET) && answer == ANSWER_VALUES_OR_END)
		return BATCH_GET;
	if (mode != BATCH_NONE && mode != BATCH_LINES && mode != BATCH_HUSHED)
		return BATCH_OPAQUE;
	switch (answer) {
	case ANSWER_LINE:
		return mode;
	case ANSWER_QUIET:
		return BATCH_HUSHED;
	case ANSWER_MN:
		return BATCH_MN;
	}
	return BATCH_OPAQUE;
}

static __always_inline void batch_add(struct batch *batch, const struct command *command)
{
	batch->mode = batch_mode_after(batch->mode, command->answer);
	batch->fits |= command->fits;
	batch->opcode = command->opcode;
	batch->commands++;
}

/* All that was received is executed: every write is over. */
static __always_inline void batch_end(struct conn *c, u8 mode)
{
	staged_end(c);
	if (c->opens.count || c->opens.is_global || c->opens.is_overflow)
		opens_end(&c->opens);
	c->batch = (struct batch){ .mode = mode };
}

#endif /* BMC_TAP_BATCH_H */

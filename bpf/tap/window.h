/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_WINDOW_H
#define BMC_TAP_WINDOW_H

/* Brings the bytes of a recv into the window, piece by piece, behind what an
 * unfinished command of the recv before has left.
 */

#include "tap/scratch.h"

/* What following a stream does next. */
enum step {
	STEP_ON,
	STEP_STOP,                 /* all is followed, or the rest cannot be */
	STEP_TOO_LONG,             /* the front command is more than can be kept */
};

/* The stream cannot be followed. */
static __always_inline long window_lose(struct tap_scratch *s, u32 reason)
{
	s->read.lost = reason;
	return STEP_STOP;
}

/* Bytes of the stream that are not followed yet. */
static __always_inline u32 read_left(const struct tap_scratch *s)
{
	return s->in.filled - s->in.at + s->read.bytes - s->read.loaded;
}

/* How far in the recv the window's front command begins, if it does. */
static __always_inline u32 read_position(const struct tap_scratch *s)
{
	return s->read.loaded - (s->in.filled - s->in.at);
}

/* Moves the window so that it begins at the front command. */
static __always_inline bool window_move(struct tap_scratch *s)
{
	u32 from = read_position(s), bytes = s->read.bytes - from;

	if (bytes > INPUT_BYTES)
		bytes = INPUT_BYTES;
	if (bpf_probe_read_user(s->in.bytes, bytes, (const void *)(s->read.address + from))) {
		s->read.lost = BMC_DESYNC_UNREADABLE;
		return false;
	}
	s->read.loaded = from + bytes;
	s->in.at = 0;
	s->in.filled = bytes;
	return true;
}

/* The first window of a recv, behind what was carried over from the last. */
static __always_inline bool window_open(struct tap_scratch *s, struct conn *c)
{
	u32 carried = c->carried_bytes, bytes = s->read.bytes;

	if (!carried)
		return window_move(s);
	if (carried > INPUT_CARRIED_MAX)
		return false;
	bpf_probe_read_kernel(s->in.bytes, carried, c->carried);
	if (bytes > INPUT_BYTES - INPUT_CARRIED_MAX)
		bytes = INPUT_BYTES - INPUT_CARRIED_MAX;
	if (bpf_probe_read_user(s->in.bytes + carried, bytes, (const void *)s->read.address)) {
		s->read.lost = BMC_DESYNC_UNREADABLE;
		return false;
	}
	s->read.loaded = bytes;
	s->in.filled = carried + bytes;
	c->carried_bytes = 0;
	return true;
}

/* The front command does not end in the window: moves it, or keeps what there
 * is until the next recv.
 */
static __always_inline long window_more(struct tap_scratch *s, struct conn *c)
{
	u32 bytes = s->in.filled - s->in.at;

	if (s->read.loaded < s->read.bytes) {
		if (s->in.at == 0)
			return STEP_TOO_LONG;
		return window_move(s) ? STEP_ON : STEP_STOP;
	}
	if (bytes > INPUT_CARRIED_MAX)
		return STEP_TOO_LONG;
	bpf_probe_read_kernel(c->carried, bytes, s->in.bytes + INPUT_AT(s->in.at));
	c->carried_bytes = bytes;
	s->in.at = s->in.filled;
	return STEP_STOP;
}

#endif /* BMC_TAP_WINDOW_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_REQUESTS_H
#define BMC_TAP_REQUESTS_H

/* Follows the stream of requests through one recv: command after command,
 * past data blocks by arithmetic. What cannot be followed sets read.lost; the
 * caller then gives up on the connection's stream (sync.h), before memcached
 * runs.
 */

#include "tap/batch.h"
#include "tap/binary.h"
#include "tap/text.h"
#include "tap/window.h"

enum { REQUEST_STEPS = 4096 }; /* commands, data blocks and window moves in one recv */

/* ---- what a command does ------------------------------------------------ */

VERIFIED_ONCE u64 request_hash(struct input *in, u32 at, u32 bytes)
{
	if (!in || bytes > BMC_KEY_MAX)
		return 0;
	return hash_key(config.hash_seed, in->bytes + INPUT_AT(at), bytes);
}

VERIFIED_ONCE u64 request_hash_decoded(struct input *in)
{
	if (!in || in->key_bytes > DECODED_KEY_MAX)
		return 0;
	return hash_key(config.hash_seed, in->key, in->key_bytes);
}

/* No write is taken notice of: a test shows what is served then. */
static __always_inline bool is_blind(void)
{
	return config.test_flags & BMC_TEST_NO_INVALIDATE;
}

/* A write on the key of that hash begins. @may_stage: it is all that is
 * outstanding, and what it removes may be of use.
 */
VERIFIED_ONCE int request_write(struct tap_scratch *s, struct conn *c, u64 hash, u32 may_stage)
{
	struct bmc_state *state = state_get();
	struct write write;

	if (!s || !c || !state || is_blind())
		return 0;
	if (!write_begin(state, hash, &write))
		raise_doubt(state, BMC_DOUBT_SATURATED);
	if (may_stage && write.removed) {
		s->candidate.write = write;
		s->candidate.hash = hash;
		s->candidate.is_set = 1;
		return 0;
	}
	slot_free(write.removed);
	opens_add(state, &c->opens, write.bucket);
	return 0;
}

/* The command, its data and nothing else are in the window, and nothing is
 * outstanding.
 */
static __always_inline bool request_is_alone(const struct tap_scratch *s, const struct conn *c)
{
	return s->read.is_fresh && !s->read.commands && c->batch.mode == BATCH_NONE &&
	       !c->opens.count && !c->opens.is_global &&
	       s->read.bytes == s->in.filled &&
	       s->in.next + s->in.command.data_bytes + 2 == s->read.bytes;
}

struct request_walk {
	struct tap_scratch *s;
	struct conn *c;
};

/* The next key of a gat: the words of the line are cut anew, since there may
 * be more than line_scan() keeps.
 */
static long request_key_step(u32 turn __attribute__((unused)), struct request_walk *walk)
{
	struct tap_scratch *s = walk->s;
	struct input *in = &s->in;
	u32 at = in->command.key.at, end = at;
	u64 marks = 0;

	if (at >= in->next || at >= INPUT_BYTES)
		return STEP_STOP;
	end = in->scanned;
	if (end >= INPUT_BYTES)
		return STEP_STOP;
	marks = key_end_marks(load_u64(in->bytes + end));
	if (!marks) {
		in->scanned = end + 8;
		return STEP_ON;
	}
	end += first_mark(marks);
	if (end - at > BMC_KEY_MAX)
		return window_lose(s, BMC_DESYNC_SYNTAX);
	request_write(s, walk->c, request_hash(in, at, end - at), 0);
	in->command.key.at = end + 1;
	in->scanned = end + 1;
	if (in->bytes[INPUT_AT(end)] != ' ')
		return STEP_STOP;
	return STEP_ON;
}

VERIFIED_ONCE int request_write_many(struct tap_scratch *s, struct conn *c)
{
	struct request_walk walk = { .s = s, .c = c };

	if (!s || !c)
		return 0;
	s->in.command.key.at = s->in.word_at[2];
	s->in.scanned = s->in.word_at[2];
	bounded_loop(INPUT_BYTES, request_key_step, &walk);
	return 0;
}

/* The command in the window begins. */
static __always_inline void request_begin(struct tap_scratch *s, struct conn *c)
{
	struct command *command = &s->in.command;
	struct bmc_state *state = state_get();
	u64 hash;

	switch (command->kind) {
	case COMMAND_WRITE:
		hash = command->is_base64
			       ? request_hash_decoded(&s->in)
			       : request_hash(&s->in, command->key.at, command->key.bytes);
		request_write(s, c, hash, command->is_stageable && request_is_alone(s, c));
		break;
	case COMMAND_WRITE_MANY:
		request_write_many(s, c);
		break;
	case COMMAND_FLUSH:
		if (state && !is_blind())
			opens_add_flush(state, &c->opens);
		break;
	case COMMAND_HAND_OFF:
		c->is_handed_off = 1;
		break;
	}
	batch_add(&c->batch, command);
	s->read.commands++;
}

/* ---- text --------------------------------------------------------------- */

/* Passes the rest of a get's line. */
static __always_inline long request_get(struct tap_scratch *s, struct conn *c)
{
	if (line_skip(&s->in) == LINE_WHOLE) {
		c->phase = PHASE_COMMAND;
	} else {
		c->phase = PHASE_GET;
		c->batch.mode = BATCH_OPAQUE;
	}
	s->in.at = s->in.next;
	return STEP_ON;
}

/* The front line is too long to be kept. A gat may be, and its end is
 * certain: it counts as a write on any key.
 */
static __always_inline long request_too_long(struct tap_scratch *s, struct conn *c)
{
	struct bmc_state *state = state_get();

	if (!text_is_get_and_touch(&s->in) || !state)
		return window_lose(s, BMC_DESYNC_LINE_TOO_LONG);
	if (!is_blind())
		opens_add_global(state, &c->opens);
	c->batch.mode = BATCH_OPAQUE;
	s->read.commands++;
	return request_get(s, c);
}

VERIFIED_ONCE int request_text(struct tap_scratch *s, struct conn *c)
{
	int line;

	if (!s || !c)
		return STEP_STOP;
	if (text_is_get(&s->in)) {
		c->batch.mode = batch_mode_after(c->batch.mode, ANSWER_VALUES_OR_END);
		c->batch.commands++;
		s->read.commands++;
		return request_get(s, c);
	}
	line = line_scan(&s->in);
	if (line == LINE_OPEN) {
		long step = window_more(s, c);

		return step == STEP_TOO_LONG ? request_too_long(s, c) : step;
	}
	if (line == LINE_ODD || text_command(&s->in) == COMMAND_NONE)
		return window_lose(s, BMC_DESYNC_SYNTAX);
	request_begin(s, c);
	if (s->read.lost) /* at a key of a gat */
		return STEP_STOP;
	if (s->in.command.has_data) {
		c->data_left = s->in.command.data_bytes + 2;
		c->phase = PHASE_DATA;
	}
	s->in.at = s->in.next;
	return STEP_ON;
}

/* ---- binary ------------------------------------------------------------- */

VERIFIED_ONCE int request_binary(struct tap_scratch *s, struct conn *c)
{
	int header;

	if (!s || !c)
		return STEP_STOP;
	header = binary_scan(&s->in);
	if (header == LINE_OPEN)
		return window_more(s, c); /* never too long: a key is not */
	if (header == LINE_ODD)
		return window_lose(s, BMC_DESYNC_BINARY);
	request_begin(s, c);
	if (s->in.command.data_bytes) {
		c->data_left = s->in.command.data_bytes;
		c->phase = PHASE_DATA;
	}
	s->in.at = s->in.next;
	return STEP_ON;
}

/* ---- data blocks -------------------------------------------------------- */

/* The final CRLF of a data block, as far as it lies in this recv: bytes
 * @first to @end of it, counted from where the stream stands.
 */
static __always_inline bool data_end_is_crlf(struct tap_scratch *s, u32 left, u32 first, u32 end)
{
	u32 bytes = end - first, at = s->in.at + first;
	u16 want = left - first == 2 ? '\r' | '\n' << 8 : '\n', have = 0;

	if (bytes == 1)
		want &= 0xff;
	if (end <= s->in.filled - s->in.at) {
		have = s->in.bytes[INPUT_AT(at)];
		if (bytes == 2)
			have |= s->in.bytes[INPUT_AT(at) + 1] << 8;
	} else {
		u64 from = s->read.address + read_position(s) + first;

		if (bpf_probe_read_user(&have, bytes == 2 ? 2 : 1, (const void *)from))
			return false;
	}
	return have == want;
}

/* Passes as much of the data block as the recv holds. */
VERIFIED_ONCE int request_data(struct tap_scratch *s, struct conn *c)
{
	u32 here, left, bytes, first;

	if (!s || !c)
		return STEP_STOP;
	here = read_left(s);
	left = c->data_left;
	bytes = left < here ? left : here;
	first = left > 2 ? left - 2 : 0;
	if (c->protocol == PROTOCOL_TEXT && bytes > first &&
	    !data_end_is_crlf(s, left, first, bytes))
		return window_lose(s, BMC_DESYNC_DATA_END);
	if (bytes <= s->in.filled - s->in.at) {
		s->in.at += bytes;
	} else {
		s->read.loaded += bytes - (s->in.filled - s->in.at);
		s->in.at = 0;
		s->in.filled = 0;
	}
	c->data_left = left - bytes;
	if (!c->data_left)
		c->phase = PHASE_COMMAND;
	return STEP_ON;
}

/* ---- the walk ----------------------------------------------------------- */

static __always_inline long request_one(struct tap_scratch *s, struct conn *c)
{
	if (!read_left(s))
		return STEP_STOP;
	if (c->phase == PHASE_DATA)
		return request_data(s, c);
	if (s->in.at >= s->in.filled && !window_move(s))
		return STEP_STOP;
	if (c->phase == PHASE_GET)
		return request_get(s, c);
	if (c->protocol == PROTOCOL_UNDECIDED)
		c->protocol = s->in.bytes[0] == BINARY_REQUEST ? PROTOCOL_BINARY : PROTOCOL_TEXT;
	if (c->protocol == PROTOCOL_BINARY)
		return request_binary(s, c);
	return request_text(s, c);
}

/* The *verifier* wants 0 or 1 and takes a function's result for anything; the
 * *compiler* knows better, and would leave the test out.
 */
static long request_step(u32 turn __attribute__((unused)), struct request_walk *walk)
{
	long step = request_one(walk->s, walk->c);

	hide_bounds(step);
	return step != STEP_ON;
}

/* Follows what one recv has brought. s->read says where it lies; afterwards
 * s->read.lost is 0 or why it cannot be followed.
 */
static __always_inline void requests_follow(struct tap_scratch *s, struct conn *c)
{
	struct request_walk walk = { .s = s, .c = c };

	s->in.at = 0;
	s->in.filled = 0;
	s->read.loaded = 0;
	s->read.commands = 0;
	s->read.lost = BMC_DESYNC_NONE;
	s->in.command.answer = ANSWER_OTHER; /* a get says nothing there */
	s->read.is_fresh = c->phase == PHASE_COMMAND && !c->carried_bytes;
	s->candidate.is_set = 0;
	if (c->phase != PHASE_DATA && !window_open(s, c))
		return;
	/* A command and its data, the usual recv, need no loop. */
	if (request_one(s, c) == STEP_ON && request_one(s, c) == STEP_ON && read_left(s))
		bounded_loop(REQUEST_STEPS, request_step, &walk);
	if (!s->read.lost && read_left(s))
		s->read.lost = BMC_DESYNC_TOO_MANY;
}

#endif /* BMC_TAP_REQUESTS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_GET_ANSWER_H
#define BMC_TAP_GET_ANSWER_H

/* Whether a send is the whole answer to one get or mg (protocol.txt "Retrieval
 * command", "Meta Get"): its values by their stated lengths, and the end where
 * the send ends. A send that was cut, or one of several, is not.
 */

#include "tap/scratch.h"

enum {
	ANSWER_VALUES = BMC_MULTIGET_MAX,
	ANSWER_HEAD = 512,         /* bytes of a first line, at most */
};

struct answer_walk {
	struct tap_scratch *s;
	u32 at;                    /* in the send */
	bool is_whole;
};

/* The line at walk->at into the window of s->in; how much of the send is left. */
static __always_inline u32 answer_line(struct answer_walk *walk)
{
	struct tap_scratch *s = walk->s;
	u32 at = walk->at, bytes;

	hide_bounds(at);
	if (at >= OUTPUT_BYTES || at >= s->send.filled)
		return 0;
	bytes = s->send.filled - at;
	s->in.at = 0;
	s->in.filled = bytes < ANSWER_HEAD ? bytes : ANSWER_HEAD;
	bpf_probe_read_kernel(s->in.bytes, s->in.filled & 1023, s->send.bytes + at);
	return s->send.bytes_sent - at;
}

/* One line, and the value behind it. Returns 1 to stop. */
static long answer_step(u32 turn __attribute__((unused)), struct answer_walk *walk)
{
	struct input *in = &walk->s->in;
	u32 left = answer_line(walk);
	u64 front = load_u64(in->bytes);
	bool is_meta;
	s64 size;

	if (!left)
		return 1;
	if (first_bytes(front, 5) == literal_u64("END\r\n", 5, 0)) {
		walk->is_whole = left == 5;
		return 1;
	}
	if (line_scan(in) != LINE_WHOLE || !in->is_crlf)
		return 1;
	if (WORD_IS(in, line_word(in, 0), "EN") || WORD_IS(in, line_word(in, 0), "HD")) {
		walk->is_whole = left == in->next;
		return 1;
	}
	is_meta = WORD_IS(in, line_word(in, 0), "VA");
	if (in->words < (is_meta ? 2 : 4) || (!is_meta && !WORD_IS(in, line_word(in, 0), "VALUE")) ||
	    !word_is_below(in, line_word(in, is_meta ? 1 : 3), 1LL << 30, &size))
		return 1;
	walk->at += in->next + (u32)size + 2;
	walk->is_whole = is_meta && left == in->next + (u32)size + 2;
	return is_meta;
}

VERIFIED_ONCE int send_is_whole_answer(struct tap_scratch *s)
{
	struct answer_walk walk = { .s = s };

	if (!s)
		return 0;
	bounded_loop(ANSWER_VALUES + 1, answer_step, &walk);
	return walk.is_whole;
}

#endif /* BMC_TAP_GET_ANSWER_H */

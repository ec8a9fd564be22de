/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_GET_ANSWER_H
#define BMC_TAP_GET_ANSWER_H

/* To how many gets and mgs a send is the whole answer (protocol.txt "Retrieval
 * command", "Meta Get"): their values by their stated lengths, and the last one's end
 * where the send ends. memcached sends the answer to each by itself; one that was cut
 * answers nothing.
 */

#include "tap/scratch.h"

enum {
	ANSWER_LINES = BMC_MULTIGET_MAX + 16,
	ANSWER_HEAD = 512,         /* bytes of a first line, at most */
};

struct answer_walk {
	struct tap_scratch *s;
	u32 at;                    /* in the send */
	u32 ends;
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

/* The answer to one command ends with these @bytes; @left: of the send. */
static __always_inline bool answer_ends(struct answer_walk *walk, u32 left, u32 bytes)
{
	walk->at += bytes;
	walk->ends++;
	walk->is_whole = left == bytes;
	return walk->is_whole;
}

/* One line, and the value behind it. Returns 1 to stop. */
static long answer_step(u32 turn __attribute__((unused)), struct answer_walk *walk)
{
	struct input *in = &walk->s->in;
	u32 left = answer_line(walk);
	u64 front = load_u64(in->bytes);
	bool is_meta, is_over;
	u32 bytes;
	s64 size;

	if (!left)
		return 1;
	if (first_bytes(front, 5) == literal_u64("END\r\n", 5, 0)) {
		is_over = answer_ends(walk, left, 5);
		return is_over;
	}
	if (line_scan(in) != LINE_WHOLE || !in->is_crlf)
		return 1;
	if (WORD_IS(in, line_word(in, 0), "EN") || WORD_IS(in, line_word(in, 0), "HD")) {
		is_over = answer_ends(walk, left, in->next);
		return is_over;
	}
	is_meta = WORD_IS(in, line_word(in, 0), "VA");
	if (in->words < (is_meta ? 2 : 4) || (!is_meta && !WORD_IS(in, line_word(in, 0), "VALUE")) ||
	    !word_is_below(in, line_word(in, is_meta ? 1 : 3), 1LL << 30, &size))
		return 1;
	bytes = in->next + (u32)size + 2;
	if (is_meta) {
		is_over = answer_ends(walk, left, bytes);
		return is_over;
	}
	walk->at += bytes;
	return 0;
}

VERIFIED_ONCE int send_answers_gets(struct tap_scratch *s)
{
	struct answer_walk walk = { .s = s };

	if (!s)
		return 0;
	bounded_loop(ANSWER_LINES, answer_step, &walk);
	return walk.is_whole ? walk.ends : 0;
}

#endif /* BMC_TAP_GET_ANSWER_H */

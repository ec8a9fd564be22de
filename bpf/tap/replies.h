/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_REPLIES_H
#define BMC_TAP_REPLIES_H

/* Looks at what memcached sends on a TCP connection, as far as something can
 * be concluded from it: the end of a batch, and that a staged value is stored.
 */

#include "tap/batch.h"
#include "tap/binary.h"
#include "tap/get_answer.h"

enum {
	SEND_IOVECS = 64,          /* that are looked at */
	SEND_LINES = OUTPUT_BYTES / 4, /* the shortest reply is MN and its CRLF */
};

enum send_verdict {
	SEND_OPEN,                 /* more replies are to come */
	SEND_ENDS,                 /* everything outstanding is executed */
	SEND_PUBLISHES,            /* and the staged value is stored */
	SEND_TELLS_NOTHING,
	SEND_MISFITS,              /* memcached runs something else than was followed */
};

/* ---- gathering ---------------------------------------------------------- */

struct gather_walk {
	struct sending *send;
	u64 iovecs;
	u64 iovec_count;
};

/* Appends a piece of the message. */
static __always_inline bool send_append(struct sending *send, u64 address, u64 bytes)
{
	u32 filled = send->filled, room, n;

	if (filled >= OUTPUT_BYTES)
		return false;
	room = OUTPUT_BYTES - filled;
	if (room > send->bytes_sent - filled)
		room = send->bytes_sent - filled;
	n = bytes < room ? bytes : room;
	hide_bounds(n);
	if (n > OUTPUT_BYTES || bpf_probe_read_user(send->bytes + filled, n, (const void *)address))
		return false;
	send->filled = filled + n;
	return true;
}

static long gather_step(u32 index, struct gather_walk *walk)
{
	struct user_iovec piece;

	if (index >= walk->iovec_count || walk->send->filled >= walk->send->bytes_sent)
		return 1;
	if (bpf_probe_read_user(&piece, sizeof(piece),
				(const void *)(walk->iovecs + index * sizeof(piece))))
		return 1;
	return !send_append(walk->send, piece.base, piece.bytes);
}

/* Gathers the first OUTPUT_BYTES of a send of @bytes. */
static __always_inline void send_gather(struct sending *send, u32 bytes)
{
	struct gather_walk walk = { .send = send };
	struct user_memory memory;

	user_sent(&memory);
	send->bytes_sent = bytes;
	send->filled = 0;
	send->at = 0;
	if (memory.call != USER_SEND)
		return;
	if (!memory.iovecs) {
		send_append(send, memory.address, memory.bytes);
		return;
	}
	walk.iovecs = memory.iovecs;
	walk.iovec_count = memory.iovec_count;
	bounded_loop(SEND_IOVECS, gather_step, &walk);
}

/* ---- lines -------------------------------------------------------------- */

/* Judges one line of a batch. */
static __always_inline u32 reply_judge(struct conn *c, u32 kind)
{
	struct batch *batch = &c->batch;
	bool is_done;

	if (batch->mode == BATCH_MN)
		return kind == REPLY_MN ? SEND_ENDS : SEND_OPEN;
	if (batch->mode == BATCH_HUSHED)
		return SEND_OPEN;
	if (kind == REPLY_ERROR)
		return SEND_TELLS_NOTHING;
	is_done = ++batch->answers == batch->commands;
	if (!(kind & batch->fits) || (is_done && c->phase == PHASE_DATA))
		return SEND_MISFITS;
	if (!is_done)
		return SEND_OPEN;
	return batch->commands == 1 && (kind & (REPLY_STORED | REPLY_HD)) ? SEND_PUBLISHES
									    : SEND_ENDS;
}

struct reply_lines {
	struct sending *send;
	struct conn *c;
};

/* Finds the next line and judges it. */
static long reply_step(u32 turn __attribute__((unused)), struct reply_lines *walk)
{
	struct sending *send = walk->send;
	u32 begin = send->at, end, i;

	if (begin >= send->filled || begin >= OUTPUT_BYTES)
		return 1;
	if (send->verdict != SEND_OPEN) {
		send->verdict = SEND_MISFITS;
		return 1;
	}
	end = begin;
	for (i = 0; i < OUTPUT_BYTES / 8; i++) { /* bound: verifier */
		u64 word, marks;

		if (end >= send->filled || end >= OUTPUT_BYTES)
			break;
		word = load_u64(send->bytes + end) ^ BYTES_OF('\n');
		marks = (word - BYTES_OF(1)) & ~word & HIGH_BITS;
		if (marks) {
			end += first_mark(marks);
			break;
		}
		end += 8;
	}
	if (end >= send->filled) {
		send->verdict = SEND_TELLS_NOTHING;
		return 1;
	}
	send->at = end + 1;
	send->verdict = reply_judge(walk->c, reply_kind(send->bytes + begin, end + 1 - begin));
	return send->verdict == SEND_TELLS_NOTHING || send->verdict == SEND_MISFITS;
}

/* Of a batch of gets, each of which memcached answers by a send of its own. */
static __always_inline u32 send_judge_gets(struct tap_scratch *s, struct batch *batch)
{
	u32 answers = send_answers_gets(s);

	batch->answers += answers;
	if (!answers || batch->answers > batch->commands)
		return SEND_TELLS_NOTHING;
	return batch->answers == batch->commands ? SEND_ENDS : SEND_OPEN;
}

/* What a gathered send means for the batch. */
VERIFIED_ONCE int send_judge(struct tap_scratch *s, struct conn *c)
{
	struct reply_lines walk;

	if (!s || !c)
		return SEND_TELLS_NOTHING;
	if (c->batch.mode == BATCH_ANSWERED)
		return SEND_MISFITS;
	if (c->batch.mode == BATCH_GET)
		return send_judge_gets(s, &c->batch);
	if (s->send.filled != s->send.bytes_sent)
		return SEND_TELLS_NOTHING;
	if (c->batch.mode == BATCH_HEADER) {
		if (c->phase == PHASE_COMMAND &&
		    binary_answers(s->send.bytes, s->send.filled, c->batch.opcode))
			return SEND_ENDS;
		return SEND_TELLS_NOTHING;
	}
	walk.send = &s->send;
	walk.c = c;
	s->send.verdict = SEND_OPEN;
	bounded_loop(SEND_LINES, reply_step, &walk);
	return s->send.verdict;
}

/* ---- the answer to a probe (sync.h) ------------------------------------- */

/* Whether the send is exactly what memcached answers to a get of the key: END,
 * or its value. The head says how long the whole is, and nothing else has gone
 * out.
 */
static __always_inline bool send_answers_probe(struct tap_scratch *s, struct conn *c)
{
	u64 front = load_u64(s->send.bytes);
	s64 size;
	u32 i, key = 0;

	if (s->send.bytes_sent == 5)
		return s->send.filled == 5 && first_bytes(front, 5) == literal_u64("END\r\n", 5, 0);
	s->in.filled = s->send.filled < 512 ? s->send.filled : 512;
	s->in.at = 0;
	bpf_probe_read_kernel(s->in.bytes, s->in.filled & 1023, s->send.bytes);
	if (line_scan(&s->in) != LINE_WHOLE || s->in.words != 4 ||
	    !WORD_IS(&s->in, line_word(&s->in, 0), "VALUE") ||
	    line_word(&s->in, 1).bytes != c->carried_bytes ||
	    !word_is_below(&s->in, line_word(&s->in, 3), 1LL << 31, &size))
		return false;
	for (i = 0; i < BMC_KEY_MAX; i++) {
		if (i >= c->carried_bytes)
			break;
		key |= c->carried[i] ^ s->in.bytes[INPUT_AT(s->in.word_at[1]) + i];
	}
	return !key && s->send.bytes_sent == s->in.next + (u32)size + 7; /* CRLF END CRLF */
}

#endif /* BMC_TAP_REPLIES_H */

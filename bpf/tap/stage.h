/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_STAGE_H
#define BMC_TAP_STAGE_H

/* A cached key that is overwritten stays cached: its new value is put into a
 * block when memcached receives it, and linked when memcached has answered
 * that it is stored (coherence.md 4 and 5).
 */

#include "cache/alloc.h"
#include "base/words.h"
#include "tap/line.h"
#include "tap/opens.h"
#include "tap/scratch.h"

#define RELATIVE_EXPTIME_MAX (60 * 60 * 24 * 30) /* seconds; more is Unix time (protocol.txt) */
#define NS_PER_S 1000000000ULL

/* ---- expiry (I5) -------------------------------------------------------- */

/* The tick before which memcached does not consider the item expired; 0 for
 * never. False: not known, or too soon to be worth a block.
 */
static __always_inline bool stage_expiry(const struct bmc_state *state, s32 exptime, u32 *expiry)
{
	u64 clock_s, expiry_ns;

	*expiry = 0;
	if (!exptime || (config.test_flags & BMC_TEST_NO_EXPIRY))
		return true;
	if (exptime < 0 || !READ_ONCE(state->ttl_known))
		return false;
	if (exptime <= RELATIVE_EXPTIME_MAX)
		clock_s = (u64)READ_ONCE(state->clock_floor_s) + exptime;
	else if ((u64)exptime > state->process_started_s)
		clock_s = exptime - state->process_started_s;
	else
		return false;
	/* The start may lie before the boot: sums are right modulo 2^64. */
	expiry_ns = state->start_low_ns + clock_s * NS_PER_S;
	if ((s64)(expiry_ns - bpf_ktime_get_ns()) < (s64)NS_PER_S)
		return false;
	expiry_ns >>= BMC_TICK_SHIFT;
	*expiry = expiry_ns < 0xffffffff ? expiry_ns : 0xffffffff;
	return true;
}

/* ---- the text ----------------------------------------------------------- */

/* Appends a word of at most 16 bytes of the window, then @end. */
static __always_inline u32 stage_put(struct tap_scratch *s, u32 at, struct word word, u64 end)
{
	const u8 *from = s->in.bytes + INPUT_AT(word.at);
	u8 *to = s->block.text + (at & 511);
	u64 low = load_u64(from), high = load_u64(from + 8);

	__builtin_memcpy(to, &low, 8);
	__builtin_memcpy(to + 8, &high, 8);
	to = s->block.text + ((at + word.bytes) & 511);
	__builtin_memcpy(to, &end, 8);
	return at + word.bytes;
}

struct sum_walk {
	struct tap_scratch *s;
	u64 sum;
};

/* Sums 32 bytes. */
static long stage_sum_step(u32 turn, struct sum_walk *walk)
{
	u64 sum = walk->sum;
	const u8 *p;

	if (turn >= BMC_TEXT_MAX / 32 + 1)
		return 1;
	p = walk->s->block.text + turn * 32;
	sum = sum_add(sum, load_u64(p));
	sum = sum_add(sum, load_u64(p + 8));
	sum = sum_add(sum, load_u64(p + 16));
	walk->sum = sum_add(sum, load_u64(p + 24));
	return 0;
}

/* Folded; the words behind the text are cleared for it. */
static __always_inline u32 stage_sum(struct tap_scratch *s, u32 text_bytes)
{
	struct sum_walk walk = { .s = s };

	if (text_bytes > BMC_TEXT_MAX)
		return 0;
	__builtin_memset(s->block.text + text_bytes, 0, 32);
	bounded_loop((text_bytes + 31) / 32, stage_sum_step, &walk);
	return sum_fold(walk.sum);
}

/* "VALUE <key> <flags> <bytes>\r\n<data>\r\n" of the command in the window, with
 * its block header. False if it does not fit a block.
 */
static __always_inline bool stage_write_text(struct tap_scratch *s)
{
	const struct command *command = &s->in.command;
	u32 key_bytes = command->key.bytes, data_bytes = command->data_bytes + 2, at;
	struct word flags = command->flags;
	u64 value = literal_u64("VALUE ", 6, 0);

	if (!key_bytes || key_bytes > BMC_KEY_MAX || data_bytes > BMC_TEXT_MAX ||
	    s->in.next > 512)
		return false;
	__builtin_memcpy(s->block.text, &value, 8);
	bpf_probe_read_kernel(s->block.text + BMC_TEXT_KEY, key_bytes,
			      s->in.bytes + INPUT_AT(command->key.at));
	at = BMC_TEXT_KEY + key_bytes;
	s->block.text[at] = ' ';
	if (flags.bytes) {
		at = stage_put(s, at + 1, flags, ' ');
	} else {
		s->block.text[(at + 1) & 511] = '0';
		s->block.text[(at + 2) & 511] = ' ';
		at += 2;
	}
	at = stage_put(s, at + 1, command->size, literal_u64("\r\n", 2, 0)) + 2;
	if (at > 288 || at + data_bytes > BMC_TEXT_MAX)
		return false;
	bpf_probe_read_kernel(s->block.text + at, data_bytes, s->in.bytes + s->in.next);
	s->block.header.text_bytes = at + data_bytes;
	s->block.header.head_bytes = at - BMC_TEXT_KEY - key_bytes;
	s->block.header.key_bytes = key_bytes;
	return true;
}

static __always_inline bool stage_copy(const struct block_ref *ref, const struct stage_block *from)
{
	u32 bytes = BMC_BLOCK_HEADER + from->header.text_bytes;
	struct bmc_block *to = block_at(ref);

	hide_bounds(bytes);
	return to && bytes <= BMC_BLOCK_MAX && !bpf_probe_read_kernel(to, bytes, from);
}

/* ---- staging ------------------------------------------------------------ */

/* A block for the text: the one that the write has emptied, if it fits. */
static __always_inline bool stage_block_get(struct bmc_state *state, struct write *write,
					    u32 text_bytes, struct block_ref *ref)
{
	*ref = slot_ref(write->removed);
	if (ref->class == class_of_text(text_bytes)) {
		write->removed = 0;
		return true;
	}
	slot_free(write->removed);
	write->removed = 0;
	return block_alloc(state, text_bytes, ref);
}

/* Fills a block with the value of the command in the window. */
static __always_inline bool stage_fill(struct bmc_state *state, struct tap_scratch *s,
				       struct block_ref *ref)
{
	struct stage_candidate *candidate = &s->candidate;
	struct bmc_block *header = &s->block.header;

	if (s->read.lost || !candidate->write.alone || READ_ONCE(state->stopped))
		return false;
	*header = (struct bmc_block){ .bucket = candidate->write.bucket,
				      .epoch = candidate->write.epoch,
				      .born = born_now() };
	if (!stage_expiry(state, s->in.command.exptime, &header->expiry) || !stage_write_text(s))
		return false;
	header->text_sum = stage_sum(s, header->text_bytes);
	if (!stage_block_get(state, &candidate->write, header->text_bytes, ref))
		return false;
	if (stage_copy(ref, &s->block))
		return true;
	block_free(ref);
	return false;
}

/* The recv was one store with its whole value: keeps the write apart from the
 * other open writes of the connection if its value could be staged.
 */
VERIFIED_ONCE int stage_candidate(struct tap_scratch *s, struct conn *c)
{
	struct bmc_state *state = state_get();
	struct block_ref ref;

	if (!s || !c || !state || !s->candidate.is_set)
		return 0;
	s->candidate.is_set = 0;
	if (!stage_fill(state, s, &ref)) {
		slot_free(s->candidate.write.removed);
		opens_add(state, &c->opens, s->candidate.write.bucket);
		return 0;
	}
	c->staged.write = s->candidate.write;
	c->staged.hash = s->candidate.hash;
	c->staged.ref = ref;
	c->staged.is_held = 1;
	count(BMC_COUNT_STAGES);
	return 0;
}

/* memcached has stored the value. */
VERIFIED_ONCE int staged_publish(struct conn *c)
{
	struct bmc_state *state = state_get();

	if (!c || !state || !c->staged.is_held)
		return 0;
	c->staged.is_held = 0;
	write_publish(state, &c->staged.write, c->staged.hash, &c->staged.ref);
	return 0;
}

/* The write is over, or no longer the only one; nothing is published. */
static __always_inline void staged_end(struct conn *c)
{
	if (!c->staged.is_held)
		return;
	c->staged.is_held = 0;
	block_free(&c->staged.ref);
	write_end(c->staged.write.bucket);
}

#endif /* BMC_TAP_STAGE_H */

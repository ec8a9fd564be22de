/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_REPLY_H
#define BMC_SERVE_REPLY_H

/* Turns the request's packet into its reply. Up to the last check that could
 * refuse, only the payload behind the UDP frame header is written, and that is
 * put back from the scratch copy (I1); the headers come last. Layer 8.
 */

#include "serve/checksum.h"
#include "serve/find.h"
#include "serve/frame.h"

/* Where the request's text begins in the frame: behind UDP and frame header. */
static __always_inline u32 text_at(const struct packet *packet)
{
	return packet->l4 + sizeof(struct udphdr) + BMC_UDP_FRAME_SIZE;
}

enum { COPY_WORDS_MAX = 16 };      /* a longer text is copied by the kernel's helper */

/* Copies a short text, at least 8 bytes, by words; the last one overlaps the
 * one before. Cheaper than a helper call up to two cache lines or so.
 */
static __always_inline bool copy_short(void *ctx, enum hook hook, u32 at, const u8 *text,
				       u32 bytes)
{
	void *data = frame_data(ctx, hook), *end = frame_end(ctx, hook), *p;
	u32 i, last = bytes - 8;

	for (i = 0; i < COPY_WORDS_MAX * 8; i += 8) {
		u32 from = i < last ? i : last;

		hide_bounds(from);
		if (from > COPY_WORDS_MAX * 8)
			return false;
		p = data + ((at + from) & 2047);
		if (p + 8 > end)
			return false;
		*(u64 *)p = load_u64(text + from);
		if (i >= last)
			return true;
	}
	return false;
}

/* Copies @bytes of the block's text from @from on into the frame. */
static __always_inline bool reply_copy(void *ctx, enum hook hook, u32 at,
				       const struct bmc_block *block, u32 from, u32 bytes)
{
	/* Of two checks, for 0 and for too many, the compiler makes this one anyway. Told
	 * so, it also counts on from the checked register: the *verifier* of Linux 6.12
	 * does not see that @bytes itself has bounds then.
	 */
	u32 less = bytes - 1;

	hide_bounds(less);
	hide_bounds(from);
	return block && less < BMC_TEXT_MAX && from <= BMC_TEXT_KEY + BMC_KEY_MAX + 24 &&
	       !frame_store(ctx, hook, at, (u8 *)block + BMC_BLOCK_HEADER + from, less + 1);
}

/* A multi-get's copies, one after the other. */
struct reply_walk {
	struct serve_scratch *s;
	void *ctx;
	u32 start;                 /* of the text in the frame */
	u32 bytes;                 /* so far */
	u64 sum;
	u32 failed;
};

/* The whole text of a hit, whose block is @block. */
static __always_inline bool reply_put_text(void *ctx, enum hook hook, struct reply_walk *walk,
					   const struct serve_hit *hit,
					   const struct bmc_block *block)
{
	u32 at = walk->start + walk->bytes, bytes = hit->text_bytes;

	if (!block)
		return false;
	walk->sum += sum_at(walk->bytes, hit->text_sum);
	walk->bytes += bytes;
	return bytes >= 8 && bytes <= COPY_WORDS_MAX * 8
		       ? copy_short(ctx, hook, at, (const u8 *)block + BMC_BLOCK_HEADER, bytes)
		       : reply_copy(ctx, hook, at, block, 0, bytes);
}

/* Of the words EN, D\r, \n. */
#define REPLY_END_SUM (('E' | 'N' << 8) + ('D' | '\r' << 8) + '\n')

/* "END\r\n" behind the values. */
static __always_inline bool reply_put_end(void *ctx, enum hook hook, struct reply_walk *walk)
{
	void *data = frame_data(ctx, hook), *end = frame_end(ctx, hook);
	u8 *p = data + ((walk->start + walk->bytes) & 2047);

	if (p + REPLY_END_BYTES > (u8 *)end)
		return false;
	*(u32 *)p = 'E' | 'N' << 8 | 'D' << 16 | '\r' << 24;
	p[4] = '\n';
	walk->sum += sum_at(walk->bytes, REPLY_END_SUM);
	walk->bytes += REPLY_END_BYTES;
	return true;
}

static __always_inline long reply_copy_one(u32 index, struct reply_walk *walk, enum hook hook)
{
	struct serve_hit *hit;

	if (index >= BMC_MULTIGET_MAX)
		return 1;
	hit = &walk->s->hits[index];
	walk->failed = !reply_put_text(walk->ctx, hook, walk, hit, slot_block(hit->word)) ||
		       !hit_holds(hit);
	return walk->failed;
}

static long reply_copy_one_xdp(u32 index, struct reply_walk *walk)
{
	return reply_copy_one(index, walk, HOOK_XDP);
}

static long reply_copy_one_tc(u32 index, struct reply_walk *walk)
{
	return reply_copy_one(index, walk, HOOK_TC);
}

/* Global, so that the *verifier* walks it once. */
__noinline int serve_put_end(struct __sk_buff *skb, u32 at)
{
	struct reply_walk walk = { .start = at };

	return reply_put_end(skb, HOOK_TC, &walk);
}

/* The same with an END behind each get but the last one. */
static long reply_copy_stream(u32 index, struct reply_walk *walk)
{
	if (reply_copy_one(index, walk, HOOK_TC) || index >= BMC_MULTIGET_MAX)
		return 1;
	if (!walk->s->keys[index].end_bytes)
		return 0;
	if (!serve_put_end(walk->ctx, walk->start + walk->bytes)) {
		walk->failed = true;
		return 1;
	}
	walk->sum += sum_at(walk->bytes, REPLY_END_SUM);
	walk->bytes += REPLY_END_BYTES;
	return 0;
}

/* The reply of a get: every hit's text, then END. Of several, one after the other. */
static __always_inline bool reply_put_values(void *ctx, enum hook hook, struct reply_walk *walk,
					     const struct found *found, bool takes_many)
{
	u32 keys = walk->s->key_count;
	void *copy = hook == HOOK_XDP ? (void *)reply_copy_one_xdp
		     : takes_many     ? (void *)reply_copy_stream
				      : (void *)reply_copy_one_tc;

	if (keys == 1)
		walk->failed = !reply_put_text(ctx, hook, walk, &walk->s->hits[0], found->block) ||
			       !slot_holds(found->bucket, found->slot, found->word);
	else
		bpf_loop(keys, copy, walk, 0);
	return !walk->failed && reply_put_end(ctx, hook, walk);
}

/* The reply of an mg: the line in s->head, then the data if it was asked for. */
static __always_inline bool reply_put_meta(void *ctx, enum hook hook, struct reply_walk *walk)
{
	struct serve_scratch *s = walk->s;
	struct serve_hit *hit = &s->hits[0];
	u32 head_bytes = s->meta.head_bytes, from = s->meta.data_at;

	if (!head_bytes || head_bytes > SERVE_HEAD_MAX ||
	    frame_store(ctx, hook, walk->start, s->head, head_bytes))
		return false;
	walk->sum = serve_sum_head(s);
	walk->bytes = head_bytes;
	if (s->meta.data_bytes) {
		/* The data's sum is the text's less that of what stands before it. */
		u32 data = sum_fold((u64)hit->text_sum + (~s->meta.before_sum & 0xffff));

		if (!reply_copy(ctx, hook, walk->start + head_bytes, slot_block(hit->word), from,
				s->meta.data_bytes))
			return false;
		walk->sum += sum_at(head_bytes + from, data);
		walk->bytes += s->meta.data_bytes;
	}
	return hit_holds(hit);
}

#endif /* BMC_SERVE_REPLY_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_LOAD_H
#define BMC_SERVE_LOAD_H

/* The request's text, out of the packet and into the scratch, where it can be
 * parsed by whole words and put back from. One pass does all that must see
 * every byte: the copy, the checksum, and, since most requests are a get of one
 * key, the end and the hash of a key that begins behind "get ". Its block is
 * on its way while the request is judged. Layer 8.
 *
 * Words are read from the packet itself: on current CPUs with mitigations a
 * helper call costs as much as reading a short request.
 */

#include "serve/find.h"
#include "serve/frame.h"
#include "serve/scratch.h"
#include "base/words.h"

/* Eight bytes of the text, or what is left of it and zeros. The last word is
 * read so that it ends where the packet ends; headers lie before it.
 */
static __always_inline bool packet_word(void *data, void *end, u32 at, u32 left, u64 *word)
{
	u32 short_by = left < 8 ? 8 - left : 0;
	void *p;

	at = (at - short_by) & 2047;
	p = data + at;
	if (p + 8 > end)
		return false;
	*word = *(u64 *)p >> (short_by * 8);
	return true;
}

/* The key's bucket is on its way while the rest is loaded. */
static __always_inline void bucket_touch(u64 hash)
{
	struct bmc_bucket *bucket = bucket_get(hash_bucket(hash, config.buckets));

	if (bucket)
		touch(bucket->slots); /* not its lock: the verifier minds */
}

/* Words of the text from @i on, up to the key's end or, once that was seen, to
 * the text's. Returns the offset of the first word that was not loaded; the sum
 * so far and the key are in s.
 */
static __always_inline s32 load_key(void *data, void *end, struct serve_scratch *s, u32 at,
				    u32 bytes)
{
	u64 hash = config.hash_seed, word, marks, sum;
	u32 i, last;

	if (!packet_word(data, end, at, 4, &sum))
		return -1;
	*(u32 *)s->request = sum;
	s->keys[0].at = 4;
	s->keys[0].bytes = 0;
	for (i = 4; i < 4 + 256; i += 8) { /* bound: the longest key and its end */
		if (i >= bytes)
			break;
		if (!packet_word(data, end, at + i, bytes - i, &word))
			return -1;
		*(u64 *)(s->request + i) = word;
		sum = sum_add(sum, word);
		marks = key_end_marks(word);
		if (marks) {
			last = first_mark(marks);
			hash = hash_finish(hash, low_bytes(word, last), i - 4 + last);
			s->keys[0].hash = hash;
			bucket_touch(hash);
			s->keys[0].bytes = i - 4 + last;
			i += 8;
			break;
		}
		hash = hash_word(hash, word);
	}
	s->request_sum = sum_fold(sum);
	return i;
}

/* The rest of a text whose first words are loaded. */
static __always_inline s32 load_rest(void *data, void *end, struct serve_scratch *s, u32 at,
				     u32 bytes, u32 from)
{
	u64 word, sum = s->request_sum;
	u32 i;

	for (i = 0; i < SERVE_REQUEST_MAX / 8 + 1; i++, from += 8) {
		hide_bounds(from);
		if (from >= bytes || from > SERVE_REQUEST_MAX + 8)
			break;
		if (!packet_word(data, end, at + from, bytes - from, &word))
			return -1;
		*(u64 *)(s->request + from) = word;
		sum = sum_add(sum, word);
	}
	s->request_sum = sum_fold(sum);
	return from;
}

static __always_inline s32 load_end(struct serve_scratch *s, u32 end)
{
	hide_bounds(end);
	if (end > SERVE_REQUEST_MAX + 16)
		return BMC_PASS_NOT_SERVED_PACKET;
	*(u64 *)(s->request + end) = 0;
	return 0;
}

/* Global functions, so that the *verifier* walks each loop once. Both return
 * 0 or the reason.
 */
#define LOAD_FUNCTIONS(hook, context)                                                     \
	__noinline int serve_load_rest_##hook(struct context *ctx, struct serve_scratch *s,\
					      u32 at, u32 bytes, u32 from)                \
	{                                                                                 \
		if (!s)                                                                   \
			return -1;                                                        \
		return load_rest((void *)(long)ctx->data, (void *)(long)ctx->data_end, s, \
				 at, bytes, from);                                        \
	}                                                                                 \
	__noinline int serve_load_##hook(struct context *ctx, struct serve_scratch *s,    \
					 u32 at, u32 bytes)                               \
	{                                                                                 \
		s32 loaded;                                                               \
                                                                                          \
		if (!s || bytes < 4 || bytes > SERVE_REQUEST_MAX)                         \
			return BMC_PASS_NOT_SERVED_PACKET;                                \
		loaded = load_key((void *)(long)ctx->data, (void *)(long)ctx->data_end,   \
				  s, at, bytes);                                          \
		if (loaded >= 0 && (u32)loaded < bytes)                                   \
			loaded = serve_load_rest_##hook(ctx, s, at, bytes, loaded);       \
		if (loaded < 0)                                                           \
			return BMC_PASS_NOT_SERVED_PACKET;                                \
		if (s->keys[0].bytes)                                                     \
			find_slot(&s->keys[0], &s->hits[0]);                              \
		return load_end(s, loaded);                                               \
	}

LOAD_FUNCTIONS(xdp, xdp_md)
LOAD_FUNCTIONS(tc, __sk_buff)

#endif /* BMC_SERVE_LOAD_H */

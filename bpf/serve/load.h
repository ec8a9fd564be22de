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
 * read so that it ends where the packet ends; headers lie before it. @left is
 * not 0. Without a branch, which the *verifier* would follow for every word.
 */
static __always_inline bool packet_word(void *data, void *end, u32 at, u32 left, u64 *word)
{
	u32 missing = 8 - left, none = (s32)missing >> 31, short_by;
	void *p;

	hide_bounds(none); /* or the compiler finds the branch again */
	short_by = missing & ~none;

	at = (at - short_by) & 2047;
	p = data + at;
	if (p + 8 > end)
		return false;
	*word = *(u64 *)p >> (short_by * 8);
	return true;
}

/* Words of the text up to the end of the key, which goes into s->keys[0] with
 * its hash. Returns the offset of the first word that was not loaded, or -1.
 *
 * What was found goes through the scratch: the *verifier* would follow the rest
 * of the program once for each length of a key that it can tell apart.
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
		hide_bounds(sum);
		marks = key_end_marks(word);
		if (marks) {
			last = first_mark(marks);
			hash = hash_finish(hash, low_bytes(word, last), i - 4 + last);
			s->keys[0].bytes = i - 4 + last;
			i += 8;
			break;
		}
		hash = hash_word(hash, word);
	}
	s->keys[0].hash = hash;
	s->request_sum = sum_fold(sum);
	WRITE_ONCE(s->loaded, i);
	return READ_ONCE(s->loaded);
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
		hide_bounds(sum);
	}
	s->request_sum = sum_fold(sum);
	return from;
}

/* Global functions, so that the *verifier* walks the loop once. */
__noinline int serve_load_rest_xdp(struct xdp_md *ctx, struct serve_scratch *s, u32 at, u32 bytes,
				   u32 from)
{
	return s ? load_rest((void *)(long)ctx->data, (void *)(long)ctx->data_end, s, at, bytes,
			     from)
		 : -1;
}

__noinline int serve_load_rest_tc(struct __sk_buff *ctx, struct serve_scratch *s, u32 at,
				  u32 bytes, u32 from)
{
	return s ? load_rest((void *)(long)ctx->data, (void *)(long)ctx->data_end, s, at, bytes,
			     from)
		 : -1;
}

/* @bytes of text at offset @at of the frame into s->request, zeros behind them;
 * @found is where the key behind "get ", if it is one, may be cached. Returns 0
 * or the reason.
 */
static __always_inline s32 load_text(void *ctx, enum hook hook, struct serve_scratch *s, u32 at,
				     u32 bytes, struct found *found)
{
	s32 loaded;

	if (bytes < 4 || bytes > SERVE_REQUEST_MAX)
		return BMC_PASS_NOT_SERVED_PACKET;
	loaded = load_key(frame_data(ctx, hook), frame_end(ctx, hook), s, at, bytes);
	if (loaded >= 0 && (u32)loaded < bytes)
		loaded = hook == HOOK_XDP ? serve_load_rest_xdp(ctx, s, at, bytes, loaded)
					  : serve_load_rest_tc(ctx, s, at, bytes, loaded);
	hide_bounds(loaded);
	if (loaded < 0 || loaded > SERVE_REQUEST_MAX + 16)
		return BMC_PASS_NOT_SERVED_PACKET;
	*(u64 *)(s->request + loaded) = 0;
	find_slot(s->keys[0].hash, found);
	return 0;
}

#endif /* BMC_SERVE_LOAD_H */

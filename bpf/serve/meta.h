/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_META_H
#define BMC_SERVE_META_H

/* Meta get (protocol.txt "Meta Get"): the request "mg <key> <flags>*\r\n" with
 * the flags v f k s q O, and c if the CAS unique is known, and the first line
 * of its reply, which repeats the flags in the order of the request. Layer 8.
 */

#include "serve/find.h"
#include "serve/request.h"

enum { META_OPAQUE_MAX = 32 };     /* bytes; longer ones are memcached's to judge */

/* The bytes of the token that begins at @at, up to a space or CR; 0 if it is
 * longer than an opaque may be. Global for the *verifier*: walked once.
 */
__noinline int serve_token_bytes(struct serve_scratch *s, u32 at)
{
	u32 i;

	if (!s || at > SERVE_REQUEST_MAX)
		return 0;
	for (i = 0; i <= META_OPAQUE_MAX; i++) {
		u8 c = at + i < SERVE_REQUEST_MAX ? s->request[at + i] : 0;

		if (c == ' ' || c == '\r')
			return i;
		if (c < ' ')
			return 0;
	}
	return 0;
}

static __always_inline bool meta_flag_served(u8 letter, u32 bytes)
{
	if (letter == 'O')
		return bytes > 1;
	return bytes == 1 && (letter == 'v' || letter == 'f' || letter == 'k' ||
			      letter == 's' || letter == 'q' || letter == 'c');
}

/* Into s->keys[0] and s->meta. Global for the *verifier*: walked once. */
__noinline int serve_parse_meta(struct serve_scratch *s)
{
	u32 at, n, bytes, seen = 0;
	s32 reason;
	u8 letter;

	if (!s)
		return BMC_PASS_SYNTAX;
	reason = serve_scan_key(s, 3, 0);
	if (reason)
		return reason;
	s->key_count = 1;
	s->get_count = 1;
	s->meta.flag_count = 0;
	s->meta.want_value = 0;
	s->meta.opaque_bytes = 0;
	at = 3 + s->keys[0].bytes;
	for (n = 0; n <= SERVE_META_FLAGS_MAX; n++) {
		if (at >= SERVE_REQUEST_MAX)
			return BMC_PASS_SYNTAX;
		if (request_ends_at(s, at))
			return 0;
		if (n == SERVE_META_FLAGS_MAX || s->request[at] != ' ')
			return BMC_PASS_SYNTAX;
		letter = s->request[at + 1];
		bytes = serve_token_bytes(s, at + 1);
		if (!meta_flag_served(letter, bytes))
			return BMC_PASS_META_FLAG;
		if (seen & 1u << (letter & 31)) /* memcached refuses a flag given twice */
			return BMC_PASS_SYNTAX;
		seen |= 1u << (letter & 31);
		if (letter == 'v')
			s->meta.want_value = 1;
		if (letter == 'O') {
			s->meta.opaque_at = at + 1;
			s->meta.opaque_bytes = bytes;
		}
		s->meta.flags[n] = letter;
		s->meta.flag_count = n + 1;
		at += 1 + bytes;
	}
	return BMC_PASS_SYNTAX;
}

/* ---- the reply's first line, built in s->head --------------------------- */

/* The builders below are global functions for the *verifier*: each is walked
 * once, and where they end is an unknown number to their callers.
 */

/* Appends up to 8 bytes at @at and returns where the next go. Writing a whole
 * word is fine: what is too much is overwritten, and s->head is longer than
 * SERVE_HEAD_MAX.
 */
static __always_inline u32 head_put(struct serve_scratch *s, u32 at, u64 word, u32 bytes)
{
	hide_bounds(at);
	if (at <= SERVE_HEAD_MAX)
		store_u64(s->head + at, word);
	return at + bytes;
}

/* Bytes of the request. */
__noinline int serve_put_request(struct serve_scratch *s, u32 at, u32 from, u32 bytes)
{
	u32 i;

	if (!s)
		return 0;
	for (i = 0; i < 32 && i * 8 < bytes; i++) {
		hide_bounds(from);
		if (from > SERVE_REQUEST_MAX)
			break;
		head_put(s, at + i * 8, load_u64(s->request + from), 8);
		from += 8;
	}
	return at + bytes;
}

__noinline int serve_put_decimal(struct serve_scratch *s, u32 at, u64 number)
{
	u64 scale = 10000000000000000000ULL; /* 10^19, the largest power in 64 bits */
	u32 i, digit, seen = 0;

	if (!s)
		return 0;
	for (i = 0; i < 20; i++, scale /= 10) {
		digit = number / scale % 10;
		seen |= digit;
		/* Without a branch, for the *verifier*: zeros in front are written over. */
		at = head_put(s, at, '0' + digit, i == 19 ? 1 : (seen + 15) >> 4);
	}
	return at;
}

/* The eight characters from @at on of " <flags> <bytes>\r\n", as the block has
 * it; behind its 24 bytes come zeros.
 */
static __always_inline u64 numbers_at(const struct serve_meta *meta, u32 at)
{
	u32 shift = at * 8 & 63;
	u64 word = at < 8 ? meta->numbers[0] : at < 16 ? meta->numbers[1] : meta->numbers[2];
	u64 next = at < 8 ? meta->numbers[1] : at < 16 ? meta->numbers[2] : 0;

	return shift ? word >> shift | next << (64 - shift) : word;
}

/* The digits from @at to the next space or CR: at most ten. */
static __always_inline u32 number_bytes(const struct serve_meta *meta, u32 at)
{
	u64 marks = key_end_marks(numbers_at(meta, at));

	if (marks)
		return first_mark(marks);
	marks = key_end_marks(numbers_at(meta, at + 8));
	return 8 + (marks ? first_mark(marks) : 2);
}

static __always_inline u32 put_number(struct serve_scratch *s, u32 at, u32 from, u32 bytes)
{
	head_put(s, at, numbers_at(&s->meta, from), 8);
	head_put(s, at + 8, numbers_at(&s->meta, from + 8), 8);
	return at + bytes;
}

static __always_inline u32 put_size(struct serve_scratch *s, u32 at)
{
	return put_number(s, at, 2 + s->meta.flags_bytes, s->meta.size_bytes);
}

/* One flag as the reply repeats it. */
__noinline int serve_put_flag(struct serve_scratch *s, u32 at, u32 letter)
{
	if (!s)
		return 0;
	if (letter == 'v' || letter == 'q')
		return at;
	at = head_put(s, at, ' ' | (u64)letter << 8, 2);
	if (letter == 'f')
		return put_number(s, at, 1, s->meta.flags_bytes);
	if (letter == 's')
		return put_size(s, at);
	if (letter == 'k')
		return serve_put_request(s, at, s->keys[0].at, s->keys[0].bytes);
	if (letter == 'O') /* the letter is part of the token */
		return serve_put_request(s, at - 1, s->meta.opaque_at, s->meta.opaque_bytes);
	return serve_put_decimal(s, at, s->meta.cas);
}

/* The folded sum of the block's text before its data, @bytes of it. */
static __always_inline u32 sum_before_data(const struct bmc_block *block, u32 bytes)
{
	const u8 *text = (const u8 *)block + BMC_BLOCK_HEADER;
	u64 sum = 0;
	u32 i;

	for (i = 0; i < 35; i++, bytes -= 8) { /* bound: "VALUE ", a key, two numbers */
		if (bytes < 8)
			return sum_fold(sum_add(sum, low_bytes(load_u64(text + i * 8), bytes)));
		sum = sum_add(sum, load_u64(text + i * 8));
	}
	return sum_fold(sum);
}

/* What the reply needs of the block of the hit of key 0. */
__noinline int serve_meta_read(struct serve_scratch *s)
{
	struct bmc_block *block;
	u32 i, key_bytes;
	const u8 *text;

	if (!s)
		return BMC_PASS_RACED;
	block = slot_block(s->hits[0].word);
	key_bytes = s->keys[0].bytes;
	if (!block || key_bytes > BMC_KEY_MAX)
		return BMC_PASS_RACED;
	text = (u8 *)block + BMC_BLOCK_HEADER + BMC_TEXT_KEY + key_bytes;
	for (i = 0; i < 3; i++)
		s->meta.numbers[i] = load_u64(text + i * 8);
	s->meta.flags_bytes = number_bytes(&s->meta, 1);
	s->meta.size_bytes = number_bytes(&s->meta, 2 + s->meta.flags_bytes);
	s->meta.cas = (u64)block->cas_high << 32 | block->cas_low;
	s->meta.data_at = BMC_TEXT_KEY + key_bytes + block->head_bytes;
	s->meta.data_bytes = s->meta.want_value ? s->hits[0].text_bytes - s->meta.data_at : 0;
	s->meta.before_sum = sum_before_data(block, s->meta.data_at);
	return 0;
}

/* Builds the first line for the hit of key 0, which find_block() found. The
 * caller checks afterwards that the hit holds.
 */
__noinline int serve_meta_head(struct serve_scratch *s)
{
	u32 at = 2, i;
	s32 reason;

	if (!s)
		return BMC_PASS_RACED;
	reason = serve_meta_read(s);
	if (reason)
		return reason;
	if (s->meta.want_value) {
		head_put(s, 0, WORD4('V', 'A', ' ', 0), 3);
		at = put_size(s, 3);
	} else {
		head_put(s, 0, WORD4('H', 'D', 0, 0), 2);
	}
	for (i = 0; i < SERVE_META_FLAGS_MAX && i < s->meta.flag_count; i++) {
		if (s->meta.flags[i] == 'c' && !s->meta.cas)
			return BMC_PASS_META_FLAG;
		at = serve_put_flag(s, at, s->meta.flags[i]);
	}
	at = head_put(s, at, '\r' | '\n' << 8, 2);
	head_put(s, at, 0, 8); /* the checksum reads whole words */
	if (at > SERVE_HEAD_MAX)
		return BMC_PASS_REPLY_TOO_LONG;
	s->meta.head_bytes = at;
	return 0;
}

#endif /* BMC_SERVE_META_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_LINE_H
#define BMC_TAP_LINE_H

/* Cuts a line into words, and accepts only the strict form: words of bytes
 * above 0x20 and not 0x7f, separated by exactly one space, ended by CRLF or a
 * bare newline (coherence.md 3). Pure.
 */

#include "base/words.h"
#include "tap/input.h"

enum line_state {
	LINE_OPEN,                 /* its end is not in the window */
	LINE_WHOLE,
	LINE_ODD,                  /* not of the strict form */
};

enum { LOOKS = 4 };                /* in one turn of a loop */

/* The word that began behind the last separator ends at @at. */
static __always_inline bool line_end_word(struct input *in, u32 at)
{
	u32 words = in->words + 1;

	if (at == in->word_begun)
		return false;
	in->words = words;
	in->word_begun = at + 1;
	/* The number that is checked is the index: the *verifier* of Linux 6.12 does
	 * not conclude from the one to the other.
	 */
	if (words <= LINE_WORDS_MAX)
		in->word_at[words] = at + 1;
	return true;
}

/* A byte that cannot be in a word, at @at. Returns 1 to stop. */
static __always_inline long line_mark(struct input *in, u32 at)
{
	u8 byte = in->bytes[at];

	if (byte == '\r') {
		if (at + 1 >= in->filled)
			return 1;
		if (in->bytes[at + 1] == '\n')
			in->is_crlf = 1;
	}
	if (byte == ' ' || byte == '\n' || in->is_crlf) {
		if (line_end_word(in, at)) {
			in->scanned = at + 1;
			if (byte == ' ')
				return 0;
			in->line = LINE_WHOLE;
			in->next = at + 1 + in->is_crlf;
			return 1;
		}
	}
	in->line = LINE_ODD;
	return 1;
}

/* Looks at eight bytes, or at the first of them that cannot be in a word. */
static __always_inline long line_look(struct input *in)
{
	u32 at = in->scanned;
	u64 marks;

	if (at >= in->filled || at >= INPUT_BYTES)
		return 1;
	marks = key_end_marks(load_u64(in->bytes + at));
	if (!marks) {
		in->scanned = at + 8;
		return 0;
	}
	at += first_mark(marks);
	if (at >= in->filled || at >= INPUT_BYTES)
		return 1;
	return line_mark(in, at);
}

/* Some at a time: a turn costs as much as a look. */
static long line_step(u32 turn __attribute__((unused)), struct input **context)
{
	struct input *in = *context;
	u32 i;

	for (i = 0; i < LOOKS; i++)
		if (line_look(in))
			return 1;
	return 0;
}

/* Cuts the line that begins at in->at. Returns in->line. */
VERIFIED_ONCE int line_scan(struct input *in)
{
	if (!in)
		return LINE_ODD;
	in->scanned = in->at;
	in->word_begun = in->at;
	in->word_at[0] = in->at;
	in->words = 0;
	in->is_crlf = 0;
	in->line = LINE_OPEN;
	/* Every look passes eight bytes or one separator. */
	bounded_loop((INPUT_BYTES + INPUT_BYTES / 8) / LOOKS + 1, line_step, &in);
	return in->line;
}

/* Looks for a newline in eight bytes. */
static __always_inline long newline_look(struct input *in)
{
	u32 at = in->scanned;
	u64 word, marks;

	if (at >= in->filled || at >= INPUT_BYTES)
		return 1;
	word = load_u64(in->bytes + at) ^ BYTES_OF('\n');
	marks = (word - BYTES_OF(1)) & ~word & HIGH_BITS;
	if (!marks) {
		in->scanned = at + 8;
		return 0;
	}
	in->scanned = at + first_mark(marks);
	if (in->scanned < in->filled)
		in->line = LINE_WHOLE;
	return 1;
}

static long newline_step(u32 turn __attribute__((unused)), struct input **context)
{
	struct input *in = *context;
	u32 i;

	for (i = 0; i < LOOKS; i++)
		if (newline_look(in))
			return 1;
	return 0;
}

/* Passes everything up to the next newline, whatever it is. Returns
 * LINE_WHOLE, with in->next behind the newline, or LINE_OPEN.
 */
VERIFIED_ONCE int line_skip(struct input *in)
{
	if (!in)
		return LINE_ODD;
	in->scanned = in->at;
	in->line = LINE_OPEN;
	bounded_loop(INPUT_BYTES / 8 / LOOKS + 1, newline_step, &in);
	in->next = in->line == LINE_WHOLE ? in->scanned + 1 : in->filled;
	return in->line;
}

/* ---- words -------------------------------------------------------------- */

static __always_inline struct word line_word(const struct input *in, u32 index)
{
	struct word word;

	word.at = in->word_at[index];
	word.bytes = in->word_at[index + 1] - 1 - word.at;
	return word;
}

/* Eight bytes of a literal, from byte @from, the rest 0. */
static __always_inline u64 literal_u64(const char *text, u32 bytes, u32 from)
{
	u64 value = 0;
	u32 i;

#pragma GCC unroll 8
	for (i = 0; i < 8; i++)
		if (from + i < bytes)
			value |= (u64)(u8)text[from + i] << (8 * i);
	return value;
}

/* The first @bytes of a word of eight, the rest 0. */
static __always_inline u64 first_bytes(u64 word, u32 bytes)
{
	return bytes >= 8 ? word : low_bytes(word, bytes);
}

/* @text of at most 16 bytes. */
static __always_inline bool word_equals(const struct input *in, struct word word,
					const char *text, u32 bytes)
{
	const u8 *p = in->bytes + INPUT_AT(word.at);

	return word.bytes == bytes &&
	       first_bytes(load_u64(p), bytes) == literal_u64(text, bytes, 0) &&
	       (bytes <= 8 ||
		first_bytes(load_u64(p + 8), bytes - 8) == literal_u64(text, bytes, 8));
}

#define WORD_IS(in, word, text) word_equals(in, word, text, sizeof(text) - 1)

enum { NOT_A_NUMBER = -1 };

#define NUMBER_MAX 18446744073709551615ULL

/* A canonical decimal that 64 bits hold: no sign, no leading zero. Its highest
 * bit is not returned; callers that use the value limit the length.
 */
VERIFIED_ONCE s64 line_number(struct input *in, u32 at, u32 bytes)
{
	u64 value = 0;
	u32 i;

	if (!in || !bytes || bytes > 20)
		return NOT_A_NUMBER;
	for (i = 0; i < 20; i++) {
		u32 digit;

		if (i >= bytes)
			break;
		digit = (u32)in->bytes[INPUT_AT(at) + i] - '0';
		if (digit > 9 || (i == 0 && digit == 0 && bytes > 1))
			return NOT_A_NUMBER;
		if (i == 19 && (value > NUMBER_MAX / 10 ||
				(value == NUMBER_MAX / 10 && digit > NUMBER_MAX % 10)))
			return NOT_A_NUMBER;
		value = value * 10 + digit;
	}
	return value & ~(1ULL << 63);
}

/* The same of at most eight digits, all at once: pairs of digits become bytes
 * of two digits, these become words of four, and these the number.
 */
static __always_inline s64 short_number(const u8 *p, u32 bytes)
{
	u32 missing = 64 - 8 * bytes;
	u64 zeros = BYTES_OF('0'), word = load_u64(p);

	if (bytes > 1 && p[0] == '0')
		return NOT_A_NUMBER;
	if (missing)
		word = word << missing | (zeros & ((1ULL << missing) - 1));
	if (((word | (word + BYTES_OF(6))) & BYTES_OF(0xf0)) != zeros ||
	    (word & BYTES_OF(0xf0)) != zeros)
		return NOT_A_NUMBER;
	word = ((word & BYTES_OF(0x0f)) * 2561) >> 8;
	word = ((word & 0x00ff00ff00ff00ffULL) * 6553601) >> 16;
	return ((word & 0x0000ffff0000ffffULL) * 42949672960001ULL) >> 32;
}

static __always_inline s64 word_number(struct input *in, struct word word)
{
	if (word.bytes >= 1 && word.bytes <= 8)
		return short_number(in->bytes + INPUT_AT(word.at), word.bytes);
	return line_number(in, word.at, word.bytes);
}

/* Below @limit, which has at most 10 digits. */
static __always_inline bool word_is_below(struct input *in, struct word word, s64 limit,
					  s64 *value)
{
	if (word.bytes > 10)
		return false;
	*value = word_number(in, word);
	return *value != NOT_A_NUMBER && *value < limit;
}

#endif /* BMC_TAP_LINE_H */

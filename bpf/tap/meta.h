/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_META_H
#define BMC_TAP_META_H

/* The meta commands mg, ms, md and ma (protocol.txt "Meta Commands"): a key,
 * then flags of one letter, some with an argument. Pure.
 */

#include "tap/base64.h"
#include "tap/line.h"
#include "tap/reply.h"

/* A set of flags: 'A' to DEL is one bit each. */
#define META_FLAG(letter) (1ULL << ((letter) - 64))

#define META_ODD META_FLAG(64) /* not a letter, or one of them twice */

/* mg reads only, whatever the combination of these; t and s answer, h and l
 * read what a fetch changes, u prevents that, q hushes misses.
 */
#define META_READS                                                                        \
	(META_FLAG('f') | META_FLAG('k') | META_FLAG('s') | META_FLAG('v') | META_FLAG('q') | \
	 META_FLAG('O') | META_FLAG('t') | META_FLAG('c') | META_FLAG('h') | META_FLAG('l') | \
	 META_FLAG('u') | META_FLAG('b'))

/* What an ms may carry so that its length is where we think it is. */
#define META_STORES                                                                       \
	(META_FLAG('b') | META_FLAG('c') | META_FLAG('C') | META_FLAG('E') | META_FLAG('F') | \
	 META_FLAG('I') | META_FLAG('k') | META_FLAG('O') | META_FLAG('q') | META_FLAG('s') | \
	 META_FLAG('T') | META_FLAG('M') | META_FLAG('N') | META_FLAG('t') | META_FLAG('f'))

/* With these alone an HD says that the key now has this value. */
#define META_STAGES                                                                       \
	(META_FLAG('F') | META_FLAG('T') | META_FLAG('k') | META_FLAG('O') | META_FLAG('c'))

static __always_inline bool meta_is_command(const struct input *in, struct word name)
{
	return WORD_IS(in, name, "mg") || WORD_IS(in, name, "ms") || WORD_IS(in, name, "md") ||
	       WORD_IS(in, name, "ma");
}

/* The argument of a flag. */
static __always_inline struct word meta_argument(struct word flag)
{
	flag.at++;
	flag.bytes--;
	return flag;
}

static __always_inline void meta_flag(struct input *in, struct word flag)
{
	u8 letter = in->bytes[INPUT_AT(flag.at)];
	u64 bit = letter > 64 && letter < 127 ? META_FLAG(letter) : META_ODD;
	struct word argument = meta_argument(flag);
	s64 value;

	if (in->meta_flags & bit)
		bit |= META_ODD;
	in->meta_flags |= bit;
	if (letter == 'F') {
		in->command.flags = argument;
		if (!word_is_below(in, argument, 1LL << 32, &value))
			in->meta_flags |= META_ODD;
	}
	if (letter == 'T') {
		if (word_is_below(in, argument, 1LL << 31, &value))
			in->command.exptime = value;
		else
			in->meta_flags |= META_ODD;
	}
}

struct meta_walk {
	struct input *in;
	u32 first;                 /* the word of the first flag */
};

static long meta_step(u32 turn, struct meta_walk *walk)
{
	struct input *in = walk->in;
	u32 index = walk->first + turn;

	if (index >= in->words || index >= LINE_WORDS_MAX)
		return 1;
	meta_flag(in, line_word(in, index));
	return 0;
}

/* What memcached answers: nothing can be concluded from a value. */
static __always_inline void meta_answer(struct input *in)
{
	struct command *command = &in->command;

	command->fits = REPLY_OF_META;
	if (in->meta_flags & META_FLAG('v'))
		command->answer = ANSWER_OTHER;
	else if (in->meta_flags & META_FLAG('q'))
		command->answer = ANSWER_QUIET;
	else
		command->answer = ANSWER_LINE;
}

/* ms <key> <bytes> <flags>* */
static __always_inline bool meta_store(struct input *in)
{
	struct command *command = &in->command;
	s64 size;

	if (in->words < 3 || !in->is_crlf)
		return false;
	command->size = line_word(in, 2);
	if (!word_is_below(in, command->size, (1LL << 31) - 2, &size))
		return false;
	if (in->meta_flags & ~(META_STORES | META_ODD))
		return false;
	command->has_data = 1;
	command->data_bytes = size;
	command->is_stageable = !(in->meta_flags & ~META_STAGES);
	return true;
}

/* Of a line whose first word is one of the four. */
static __always_inline bool meta_words(struct input *in, struct word name)
{
	struct command *command = &in->command;
	bool stores = WORD_IS(in, name, "ms"), reads = WORD_IS(in, name, "mg");
	struct meta_walk walk = { .in = in, .first = stores ? 3u : 2u };

	/* memcached refuses more without reading the data of an ms. */
	if (in->words < 2 || in->words > LINE_WORDS_MAX - 2)
		return false;
	in->meta_flags = 0;
	command->key = line_word(in, 1);
	command->kind = COMMAND_WRITE;
	bounded_loop(LINE_WORDS_MAX, meta_step, &walk);
	if (stores) {
		if (!meta_store(in))
			return false;
	} else if (reads && !(in->meta_flags & ~META_READS)) {
		command->kind = COMMAND_HARMLESS;
		if (!(in->meta_flags & META_FLAG('q')))
			command->answer = ANSWER_VALUES_OR_END;
		return true;
	}
	meta_answer(in);
	if (reads)
		command->answer = ANSWER_OTHER;
	if (command->key.bytes > BMC_KEY_MAX)
		return false;
	command->is_base64 = !!(in->meta_flags & META_FLAG('b'));
	return !command->is_base64 || base64_decode(in, command->key.at, command->key.bytes);
}

#endif /* BMC_TAP_META_H */

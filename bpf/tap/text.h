/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_TEXT_H
#define BMC_TAP_TEXT_H

/* The commands of the text protocol, in their strict form only: what is not
 * certain to be read alike by every version of memcached is COMMAND_NONE.
 * Lines of get and gets are not seen here: see text_is_get(). Pure.
 */

#include "tap/line.h"
#include "tap/meta.h"
#include "tap/reply.h"

/* Beyond these, versions differ and wrap around. */
#define TEXT_FLAGS_LIMIT (1LL << 32)
#define TEXT_EXPTIME_LIMIT (1LL << 31)
#define TEXT_SIZE_LIMIT ((1LL << 31) - 2)

static __always_inline bool text_begins(const struct input *in, const char *text, u32 bytes)
{
	u64 front = load_u64(in->bytes + INPUT_AT(in->at));

	return in->filled - in->at >= bytes &&
	       first_bytes(front, bytes) == literal_u64(text, bytes, 0);
}

/* A get or gets writes nothing and ends at the first newline, whatever stands
 * in between and however long it is.
 */
static __always_inline bool text_is_get(const struct input *in)
{
	return text_begins(in, "get ", 4) || text_begins(in, "gets ", 5);
}

/* A gat or gats, of which the same is true but that it writes. */
static __always_inline bool text_is_get_and_touch(const struct input *in)
{
	return text_begins(in, "gat ", 4) || text_begins(in, "gats ", 5);
}

/* Whether word @index, the last one, says noreply. *@quiet is set if so; false
 * if there is a word that does not, or more than one.
 */
static __always_inline bool text_noreply(struct input *in, u32 index, bool *quiet)
{
	*quiet = in->words == index + 1;
	if (in->words == index)
		return true;
	return *quiet && WORD_IS(in, line_word(in, index), "noreply");
}

static __always_inline bool text_exptime(struct input *in, u32 index, s32 *exptime)
{
	struct word word = line_word(in, index);
	s64 value;

	if (WORD_IS(in, word, "-1")) {
		*exptime = -1;
		return true;
	}
	if (!word_is_below(in, word, TEXT_EXPTIME_LIMIT, &value))
		return false;
	*exptime = value;
	return true;
}

/* The second word is a key; the command is answered by one line of @fits. */
static __always_inline bool text_writes_key(struct input *in, bool quiet, u32 fits)
{
	struct command *command = &in->command;

	command->kind = COMMAND_WRITE;
	command->key = line_word(in, 1);
	command->answer = quiet ? ANSWER_QUIET : ANSWER_LINE;
	command->fits = fits;
	return command->key.bytes <= BMC_KEY_MAX;
}

/* <command> <key> <flags> <exptime> <bytes> [<cas unique>] [noreply] */
static __always_inline bool text_store(struct input *in, bool is_cas, bool replaces)
{
	struct command *command = &in->command;
	u32 words = 5 + is_cas;
	s64 flags, size;
	bool quiet;

	if (in->words < words || !in->is_crlf || !text_noreply(in, words, &quiet))
		return false;
	command->flags = line_word(in, 2);
	command->size = line_word(in, 4);
	if (!word_is_below(in, command->flags, TEXT_FLAGS_LIMIT, &flags) ||
	    !text_exptime(in, 3, &command->exptime) ||
	    !word_is_below(in, command->size, TEXT_SIZE_LIMIT, &size))
		return false;
	if (is_cas && word_number(in, line_word(in, 5)) == NOT_A_NUMBER)
		return false;
	command->has_data = 1;
	command->data_bytes = size;
	command->is_stageable = replaces && !quiet;
	return text_writes_key(in, quiet, is_cas ? REPLY_OF_CAS : REPLY_OF_STORE);
}

/* delete <key> [0] [noreply] */
static __always_inline bool text_delete(struct input *in)
{
	bool quiet;
	u32 words = 2;

	if (in->words > 2 && WORD_IS(in, line_word(in, 2), "0"))
		words = 3;
	if (in->words < words || !text_noreply(in, words, &quiet))
		return false;
	return text_writes_key(in, quiet, REPLY_DELETED | REPLY_NOT_FOUND);
}

/* incr <key> <amount> [noreply] */
static __always_inline bool text_count(struct input *in)
{
	bool quiet;

	if (in->words < 3 || !text_noreply(in, 3, &quiet))
		return false;
	if (word_number(in, line_word(in, 2)) == NOT_A_NUMBER)
		return false;
	return text_writes_key(in, quiet, REPLY_NUMBER | REPLY_NOT_FOUND);
}

/* touch <key> <exptime> [noreply] */
static __always_inline bool text_touch(struct input *in)
{
	s32 exptime;
	bool quiet;

	if (in->words < 3 || !text_noreply(in, 3, &quiet) || !text_exptime(in, 2, &exptime))
		return false;
	return text_writes_key(in, quiet, REPLY_TOUCHED | REPLY_NOT_FOUND);
}

/* gat <exptime> <key>+ */
static __always_inline bool text_get_and_touch(struct input *in)
{
	s32 exptime;

	if (in->words < 3 || !text_exptime(in, 1, &exptime))
		return false;
	in->command.kind = COMMAND_WRITE_MANY;
	return true;
}

/* flush_all [<delay>] [noreply]; with odd words it is still a flush, or none */
static __always_inline bool text_flush(struct input *in)
{
	struct word last = line_word(in, in->words > 1 ? (in->words - 1) & 15 : 0);

	in->command.kind = COMMAND_FLUSH;
	in->command.answer = WORD_IS(in, last, "noreply") ? ANSWER_QUIET : ANSWER_LINE;
	in->command.fits = REPLY_OK;
	return in->words <= 3;
}

static __always_inline bool text_harmless(struct input *in, u32 kind, u32 answer)
{
	in->command.kind = kind;
	in->command.answer = answer;
	return true;
}

/* Metadumps are written by another thread. */
static __always_inline bool text_crawler(struct input *in)
{
	struct word word = line_word(in, 1);
	bool dumps = in->words > 1 &&
		     (WORD_IS(in, word, "metadump") || WORD_IS(in, word, "mgdump"));

	return text_harmless(in, dumps ? COMMAND_HAND_OFF : COMMAND_HARMLESS, ANSWER_OTHER);
}

#define TEXT_HARMLESS(X) \
	X("version")     \
	X("stats")       \
	X("verbosity")   \
	X("quit")        \
	X("shutdown")    \
	X("slabs")       \
	X("lru")         \
	X("me")          \
	X("get")         \
	X("gets")        \
	X("cache_memlimit") \
	X("extstore")    \
	X("refresh_certs")

/* Understands the words of a whole line: fills in->command, or returns false. */
static __always_inline bool text_words(struct input *in)
{
	struct word name = line_word(in, 0);

	if (WORD_IS(in, name, "set") || WORD_IS(in, name, "add") || WORD_IS(in, name, "replace"))
		return text_store(in, false, true);
	if (WORD_IS(in, name, "cas"))
		return text_store(in, true, true);
	if (name.bytes == 2 && meta_is_command(in, name))
		return meta_words(in, name);
	if (WORD_IS(in, name, "delete"))
		return text_delete(in);
	if (WORD_IS(in, name, "incr") || WORD_IS(in, name, "decr"))
		return text_count(in);
	if (WORD_IS(in, name, "touch"))
		return text_touch(in);
	if (WORD_IS(in, name, "gat") || WORD_IS(in, name, "gats"))
		return text_get_and_touch(in);
	if (WORD_IS(in, name, "append") || WORD_IS(in, name, "prepend"))
		return text_store(in, false, false);
	if (WORD_IS(in, name, "flush_all"))
		return text_flush(in);
	if (WORD_IS(in, name, "mn"))
		return text_harmless(in, COMMAND_HARMLESS, ANSWER_MN);
	if (WORD_IS(in, name, "watch"))
		return text_harmless(in, COMMAND_HAND_OFF, ANSWER_OTHER);
	if (WORD_IS(in, name, "lru_crawler"))
		return text_crawler(in);
#define X(text)                                                                           \
	if (WORD_IS(in, name, text))                                                      \
		return text_harmless(in, COMMAND_HARMLESS, ANSWER_OTHER);
	TEXT_HARMLESS(X)
#undef X
	return false;
}

/* Of the line that line_scan() found whole. Returns in->command.kind. */
VERIFIED_ONCE int text_command(struct input *in)
{
	if (!in)
		return COMMAND_NONE;
	__builtin_memset(&in->command, 0, sizeof(in->command));
	if (!text_words(in))
		in->command.kind = COMMAND_NONE;
	return in->command.kind;
}

#endif /* BMC_TAP_TEXT_H */

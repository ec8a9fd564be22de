/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_BINARY_H
#define BMC_TAP_BINARY_H

/* The binary protocol: a header of 24 bytes, extras, a key, a value. memcached
 * trusts the lengths in the header, and runs what is too much as the next
 * command; so they must be exactly those of the opcode. Pure.
 */

#include "tap/line.h"

enum {
	BINARY_REQUEST = 0x80,     /* magic bytes */
	BINARY_RESPONSE = 0x81,
	BINARY_HEADER = 24,
	BINARY_EXTRAS_MAX = 20,
};

/* Whether a request carries a key. */
enum binary_key { KEY_NONE, KEY_NEEDED, KEY_OPTIONAL };

/* What an opcode demands. X(first, last opcode, extras, key, data, kind, answer) */
#define BINARY_OPCODES(X)                                                                 \
	X(0x00, 0x00, 0, KEY_NEEDED, 0, COMMAND_HARMLESS, ANSWER_OTHER)  /* get */        \
	X(0x01, 0x03, 8, KEY_NEEDED, 1, COMMAND_WRITE, ANSWER_HEADER)    /* set add replace */ \
	X(0x04, 0x04, 0, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_HEADER)    /* delete */     \
	X(0x05, 0x06, 20, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_HEADER)   /* incr decr */  \
	X(0x07, 0x07, 0, KEY_NONE, 0, COMMAND_HARMLESS, ANSWER_OTHER)    /* quit */       \
	X(0x08, 0x08, 4, KEY_NONE, 0, COMMAND_FLUSH, ANSWER_HEADER)                       \
	X(0x09, 0x09, 0, KEY_NEEDED, 0, COMMAND_HARMLESS, ANSWER_OTHER)  /* getq */       \
	X(0x0a, 0x0b, 0, KEY_NONE, 0, COMMAND_HARMLESS, ANSWER_OTHER)    /* noop version */ \
	X(0x0c, 0x0d, 0, KEY_NEEDED, 0, COMMAND_HARMLESS, ANSWER_OTHER)  /* getk getkq */ \
	X(0x0e, 0x0f, 0, KEY_NEEDED, 1, COMMAND_WRITE, ANSWER_HEADER)    /* append prepend */ \
	X(0x10, 0x10, 0, KEY_OPTIONAL, 0, COMMAND_HARMLESS, ANSWER_OTHER) /* stat */      \
	X(0x11, 0x13, 8, KEY_NEEDED, 1, COMMAND_WRITE, ANSWER_OTHER)     /* setq addq replaceq */ \
	X(0x14, 0x14, 0, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_OTHER)     /* deleteq */    \
	X(0x15, 0x16, 20, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_OTHER)    /* incrq decrq */ \
	X(0x17, 0x17, 0, KEY_NONE, 0, COMMAND_HARMLESS, ANSWER_OTHER)    /* quitq */      \
	X(0x18, 0x18, 4, KEY_NONE, 0, COMMAND_FLUSH, ANSWER_OTHER)       /* flushq */     \
	X(0x19, 0x1a, 0, KEY_NEEDED, 1, COMMAND_WRITE, ANSWER_OTHER)     /* appendq prependq */ \
	X(0x1c, 0x1c, 4, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_HEADER)    /* touch */      \
	X(0x1d, 0x1e, 4, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_OTHER)     /* gat gatq */   \
	X(0x23, 0x24, 4, KEY_NEEDED, 0, COMMAND_WRITE, ANSWER_OTHER)     /* gatk gatkq */

/* The lengths of a header (memcached's protocol_binary.h). */
struct binary_lengths {
	u32 extras;
	u32 key;
	u32 body;                  /* extras, key and data */
};

static __always_inline u32 big_endian(const u8 *p, u32 bytes)
{
	u32 value = 0, i;

#pragma GCC unroll 4
	for (i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

static __always_inline bool binary_fits(const struct binary_lengths *has, u32 extras, u32 key,
					bool data, u32 kind)
{
	if (has->extras != extras && !(kind == COMMAND_FLUSH && has->extras == 0))
		return false;
	if ((key == KEY_NEEDED && !has->key) || (key == KEY_NONE && has->key))
		return false;
	return has->extras + has->key == has->body || (data && has->body > has->extras + has->key);
}

/* Fills the command if the opcode is known and the lengths are its own. */
static __always_inline bool binary_command(struct input *in, u8 opcode,
					   const struct binary_lengths *has)
{
	struct command *command = &in->command;

#define X(first, last, extras, key, data, kind_, answer_)                                 \
	if (opcode >= first && opcode <= last) {                                          \
		command->kind = kind_;                                                    \
		command->answer = answer_;                                                \
		return binary_fits(has, extras, key, data, kind_);                        \
	}
	BINARY_OPCODES(X)
#undef X
	return false;
}

/* Reads the header that begins at in->at, and waits for extras and key, as
 * memcached does. Returns LINE_WHOLE with the command and in->next behind the
 * key, LINE_OPEN if more is needed, LINE_ODD.
 */
VERIFIED_ONCE int binary_scan(struct input *in)
{
	struct binary_lengths has;
	const u8 *header;
	u32 front, bytes;

	if (!in)
		return LINE_ODD;
	header = in->bytes + INPUT_AT(in->at);
	bytes = in->filled - in->at;
	if (bytes && header[0] != BINARY_REQUEST)
		return LINE_ODD;
	if (bytes < BINARY_HEADER)
		return LINE_OPEN;
	has.key = big_endian(header + 2, 2);
	has.extras = header[4];
	has.body = big_endian(header + 8, 4);
	if (has.key > BMC_KEY_MAX || has.extras > BINARY_EXTRAS_MAX || has.body > 1u << 30)
		return LINE_ODD;
	__builtin_memset(&in->command, 0, sizeof(in->command));
	if (!binary_command(in, header[1], &has))
		return LINE_ODD;
	front = BINARY_HEADER + has.extras + has.key;
	if (bytes < front)
		return LINE_OPEN;
	in->command.opcode = header[1];
	in->command.key.at = in->at + BINARY_HEADER + has.extras;
	in->command.key.bytes = has.key;
	in->command.data_bytes = has.body - has.extras - has.key;
	in->command.has_data = in->command.data_bytes != 0;
	in->next = in->at + front;
	return LINE_WHOLE;
}

/* Whether a send of @bytes is exactly one response to @opcode, which says that
 * it was done or why nothing was to be done.
 */
static __always_inline bool binary_answers(const u8 *header, u32 bytes, u8 opcode)
{
	u32 status = big_endian(header + 6, 2);

	if (bytes < BINARY_HEADER || header[0] != BINARY_RESPONSE || header[1] != opcode)
		return false;
	if (bytes - BINARY_HEADER != big_endian(header + 8, 4))
		return false;
	/* No error; key not found; key exists; not stored. */
	return status == 0 || status == 1 || status == 2 || status == 5;
}

#endif /* BMC_TAP_BINARY_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_INPUT_H
#define BMC_TAP_INPUT_H

/* A window on a stream of requests, and what was understood of the command at
 * its front. The parsers of this folder (line.h, text.h, meta.h, binary.h)
 * read and write nothing else. Pure.
 */

#include "base/portable.h"

enum {
	INPUT_BYTES = 2048,        /* of a stream looked at together: any line but gets */
	INPUT_CARRIED_MAX = 512,   /* of an unfinished command, kept until the next read */
	/* Readable behind the window: the *verifier* adds the largest carried
	 * length to the largest load, and a key's length to where it begins.
	 */
	INPUT_SLACK = 528,
	LINE_WORDS_MAX = 20,       /* memcached takes no meta command of more */
	DECODED_KEY_MAX = 192,     /* bytes of a key of 250 bytes of base64 */
};

/* What a command does to the cache. */
enum command_kind {
	COMMAND_NONE,              /* not of the strict form (coherence.md 3) */
	COMMAND_HARMLESS,
	COMMAND_WRITE,             /* changes what a get of one key returns */
	COMMAND_WRITE_MANY,        /* gat, gats: of the third word and all behind it */
	COMMAND_FLUSH,
	COMMAND_HAND_OFF,          /* memcached gives the socket to another thread */
};

/* What memcached sends when it has executed a command. */
enum command_answer {
	ANSWER_OTHER,              /* several lines, none, or data: nothing is concluded */
	ANSWER_LINE,               /* exactly one line, or an error */
	ANSWER_QUIET,              /* none or one line */
	ANSWER_MN,                 /* the line MN, when all before it is executed */
	ANSWER_HEADER,             /* a binary response header with the same opcode */
	ANSWER_VALUES_OR_END,      /* values and END, or the one answer to an mg */
};

/* Where in the window a word lies. */
struct word {
	u16 at;
	u16 bytes;
};

struct command {
	u8 kind;                   /* enum command_kind */
	u8 answer;                 /* enum command_answer */
	u16 fits;                  /* REPLY_* that memcached may answer */
	u8 has_data;
	u8 is_base64;              /* the key is decoded before use */
	u8 is_stageable;           /* its value will be the key's, if it is stored */
	u8 opcode;                 /* binary only */
	u32 data_bytes;            /* without the final CRLF of text */
	s32 exptime;
	struct word key;
	struct word flags;         /* decimal; no bytes: 0 */
	struct word size;          /* decimal */
};

struct input {
	u8 bytes[INPUT_BYTES + INPUT_SLACK];
	u8 key[DECODED_KEY_MAX + 264]; /* decoded; slack as above */
	u32 filled;                /* bytes in the window, at most INPUT_BYTES */
	u32 at;                    /* where the command begins */
	u32 scanned;               /* what line_scan() has looked at */
	u32 next;                  /* where the next command begins, or its data */
	u32 key_bytes;             /* of @key */
	u32 words;                 /* of the line; those beyond LINE_WORDS_MAX are not kept */
	u32 word_begun;            /* where the word that is looked at begins */
	u16 word_at[LINE_WORDS_MAX + 2]; /* word i ends one byte before word_at[i + 1] */
	u8 line;                   /* enum line_state */
	u8 is_crlf;                /* and not a bare newline */
	u64 meta_flags;            /* letters seen, see meta.h */
	struct command command;
};

/* An index that the *verifier* knows to be inside the window. */
#define INPUT_AT(at) ((at) & (INPUT_BYTES - 1))

#endif /* BMC_TAP_INPUT_H */

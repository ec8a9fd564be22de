/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_REPLY_H
#define BMC_TAP_REPLY_H

/* Lines that memcached answers (protocol.txt), told apart by how they begin.
 * Pure.
 */

#include "tap/line.h"

/* Bits, so that a set of them says what fits. */
enum {
	REPLY_STORED = 1 << 0,
	REPLY_NOT_STORED = 1 << 1,
	REPLY_EXISTS = 1 << 2,
	REPLY_NOT_FOUND = 1 << 3,
	REPLY_DELETED = 1 << 4,
	REPLY_TOUCHED = 1 << 5,
	REPLY_OK = 1 << 6,
	REPLY_NUMBER = 1 << 7,
	REPLY_HD = 1 << 8,         /* meta: done */
	REPLY_NOT_DONE = 1 << 9,   /* meta: NS, EX, NF */
	REPLY_MN = 1 << 10,
	REPLY_ERROR = 1 << 11,     /* also CLIENT_ERROR and SERVER_ERROR */
	REPLY_OTHER = 1 << 12,

	REPLY_OF_STORE = REPLY_STORED | REPLY_NOT_STORED,
	REPLY_OF_CAS = REPLY_OF_STORE | REPLY_EXISTS | REPLY_NOT_FOUND,
	REPLY_OF_META = REPLY_HD | REPLY_NOT_DONE | REPLY_OK, /* OK: -o meta_response_old */
};

enum {
	REPLY_SLACK = 16,          /* bytes that are read from where a line begins */
};

#define REPLY_IS(low, high, bytes, text)                                                  \
	((bytes) == sizeof(text) - 1 && (low) == literal_u64(text, sizeof(text) - 1, 0) && \
	 (high) == literal_u64(text, sizeof(text) - 1, 8))

#define REPLY_BEGINS(low, text)                                                           \
	(first_bytes(low, sizeof(text) - 1) == literal_u64(text, sizeof(text) - 1, 0))

/* A meta status: two letters, then flags or the end of the line. */
#define REPLY_STATUS(low, text) (REPLY_BEGINS(low, text " ") || REPLY_BEGINS(low, text "\r"))

/* @bytes: of the line with its CRLF; REPLY_SLACK bytes can be read. */
static __always_inline u32 reply_kind(const u8 *line, u32 bytes)
{
	u64 low = first_bytes(load_u64(line), bytes);
	u64 high = bytes > 8 ? first_bytes(load_u64(line + 8), bytes - 8) : 0;

	if (REPLY_IS(low, high, bytes, "STORED\r\n"))
		return REPLY_STORED;
	if (REPLY_STATUS(low, "HD"))
		return REPLY_HD;
	if (REPLY_IS(low, high, bytes, "DELETED\r\n"))
		return REPLY_DELETED;
	if (REPLY_IS(low, high, bytes, "NOT_FOUND\r\n"))
		return REPLY_NOT_FOUND;
	if (REPLY_IS(low, high, bytes, "NOT_STORED\r\n"))
		return REPLY_NOT_STORED;
	if (REPLY_IS(low, high, bytes, "EXISTS\r\n"))
		return REPLY_EXISTS;
	if (REPLY_IS(low, high, bytes, "TOUCHED\r\n"))
		return REPLY_TOUCHED;
	if (REPLY_IS(low, high, bytes, "OK\r\n"))
		return REPLY_OK;
	if (REPLY_STATUS(low, "NF") || REPLY_STATUS(low, "NS") || REPLY_STATUS(low, "EX"))
		return REPLY_NOT_DONE;
	if (REPLY_IS(low, high, bytes, "MN\r\n"))
		return REPLY_MN;
	if (line[0] >= '0' && line[0] <= '9')
		return REPLY_NUMBER;
	if (REPLY_BEGINS(low, "ERROR") || REPLY_BEGINS(low, "CLIENT_E") ||
	    REPLY_BEGINS(low, "SERVER_E"))
		return REPLY_ERROR;
	return REPLY_OTHER;
}

/* Whether a reply of @bytes that is the only one to come can be nothing but one
 * of @fits, because no error is that long: they begin with ERROR and its CRLF
 * (7 bytes), CLIENT_ERROR or SERVER_ERROR (12 and a text). Unless its end was
 * cut off; but of what does not fit no piece is taken for more than the end of
 * its command, which it is.
 */
static __always_inline bool reply_length_fits(u32 bytes, u32 fits)
{
	switch (bytes) {
	case 4:
		return fits & (REPLY_OK | REPLY_OF_META);
	case 8:
		return fits & (REPLY_STORED | REPLY_EXISTS);
	case 9:
		return fits & (REPLY_DELETED | REPLY_TOUCHED);
	case 11:
		return fits & REPLY_NOT_FOUND;
	case 12:
		return fits & REPLY_NOT_STORED;
	}
	return false;
}

#endif /* BMC_TAP_REPLY_H */

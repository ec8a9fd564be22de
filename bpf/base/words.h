/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_WORDS_H
#define BMC_BASE_WORDS_H

/* Eight bytes at a time: where a key ends, and Internet checksums (RFC 1071).
 * Pure: the host compiles and tests the same text. Little-endian. Layer 1.
 */

#include "base/types.h"

#define BYTES_OF(b) ((u64)(b) * 0x0101010101010101ULL)
#define HIGH_BITS BYTES_OF(0x80)

/* Marks, by its high bit, the first byte of the word that cannot be in a key:
 * 0x20 and below, or 0x7f. Bytes behind the first mark may be marked wrongly;
 * bytes from 0x80 up are none of these.
 */
static __always_inline u64 key_end_marks(u64 word)
{
	u64 del = word ^ BYTES_OF(0x7f);

	return (((word - BYTES_OF(0x21)) & ~word) | ((del - BYTES_OF(1)) & ~del)) & HIGH_BITS;
}

/* The index, 0 to 7, of the lowest byte that is marked in @marks, not 0:
 * a multiplication, since BPF of -mcpu=v3 counts no zeros.
 */
static __always_inline u32 first_mark(u64 marks)
{
	u64 below = ((marks & -marks) >> 7) - 1; /* all bits of the bytes before it */

	return (below & BYTES_OF(1)) * BYTES_OF(1) >> 56;
}

/* The lowest @bytes (0 to 7) of a word. */
static __always_inline u64 low_bytes(u64 word, u32 bytes)
{
	return word & ((1ULL << (bytes * 8)) - 1);
}

/* ---- Internet checksums ------------------------------------------------- */

/* Adds a word by halves: 64 bits fold to 16 like any other width, and 2^31
 * words would have to be added before one had to carry. No branch, which the
 * *verifier* would follow twice for every word.
 */
static __always_inline u64 sum_add(u64 sum, u64 word)
{
	return sum + (u32)word + (word >> 32);
}

static __always_inline u32 sum_fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* What a piece of text with folded sum @piece adds where it begins at byte
 * @at of the data: at an odd byte its bytes change places (RFC 1071 2 (B)).
 */
static __always_inline u32 sum_at(u32 at, u32 piece)
{
	return at & 1 ? (piece & 0xff) << 8 | piece >> 8 : piece;
}

#endif /* BMC_BASE_WORDS_H */

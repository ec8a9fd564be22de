/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_BASE64_H
#define BMC_TAP_BASE64_H

/* Keys in base64 (RFC 4648 section 4), as the meta flag b announces them. Only
 * what every decoder reads alike is accepted: whole groups, no foreign bytes,
 * padding at the end alone. Pure.
 */

#include "tap/input.h"

enum { BASE64_BAD = 64 };

static __always_inline u32 base64_value(u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : BASE64_BAD;
}

struct base64_walk {
	struct input *in;
	u32 at;                    /* of the text in the window */
	u32 groups;
	u32 ok;
};

/* Decodes one group of four. */
static long base64_step(u32 group, struct base64_walk *walk)
{
	struct input *in = walk->in;
	const u8 *text = in->bytes + INPUT_AT(walk->at + group * 4);
	bool is_last = group + 1 == walk->groups;
	u32 a = base64_value(text[0]), b = base64_value(text[1]);
	u32 c = base64_value(text[2]), d = base64_value(text[3]);
	u32 to = group * 3, pads = 0;

	walk->ok = 0;
	if (is_last && text[3] == '=') {
		d = 0;
		pads = 1;
		if (text[2] == '=') {
			c = 0;
			pads = 2;
		}
	}
	if ((a | b | c | d) & BASE64_BAD || to > DECODED_KEY_MAX - 3)
		return 1;
	in->key[to] = a << 2 | b >> 4;
	in->key[to + 1] = b << 4 | c >> 2;
	in->key[to + 2] = c << 6 | d;
	in->key_bytes = to + 3 - pads;
	walk->ok = 1;
	return is_last;
}

/* Decodes @bytes of the window from @at into in->key. */
static __always_inline bool base64_decode(struct input *in, u32 at, u32 bytes)
{
	struct base64_walk walk = { .in = in, .at = at, .groups = bytes / 4, .ok = 0 };

	if (!bytes || bytes % 4)
		return false;
	bounded_loop(BMC_KEY_MAX / 4, base64_step, &walk);
	return walk.ok && in->key_bytes;
}

#endif /* BMC_TAP_BASE64_H */

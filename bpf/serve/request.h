/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_REQUEST_H
#define BMC_SERVE_REQUEST_H

/* The grammar of the requests that are served (protocol.txt "Retrieval
 * command", "Meta Get"), narrower than memcached's own: whatever is not
 * exactly of this form is memcached's to answer. Works on the scratch copy of
 * a request, which is zero padded; every function returns 0 or the bmc_pass
 * reason. Layer 7.
 */

#include "serve/scratch.h"
#include "base/words.h"

#define REPLY_END_BYTES 5          /* "END\r\n" */

#define WORD4(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

/* Finds the end of the key at @at, hashing it on the way.
 *
 * A global function, so that the *verifier* walks the loop once and takes its
 * result for an unknown number, instead of walking what follows for each
 * possible length.
 */
__noinline int serve_scan_key(struct serve_scratch *s, u32 at, u32 index)
{
	u64 hash = config.hash_seed, word, marks;
	struct serve_key *key;
	u32 i, bytes;

	hide_bounds(at);
	hide_bounds(index);
	if (!s || at > SERVE_REQUEST_MAX || index >= BMC_MULTIGET_MAX)
		return BMC_PASS_BAD_KEY;
	key = &s->keys[index];
	for (i = 0; i < 32; i++) { /* bound: 256 bytes hold the longest key and its end */
		word = load_u64(s->request + at + i * 8);
		marks = key_end_marks(word);
		if (marks)
			break;
		hash = hash_word(hash, word);
	}
	if (i == 32)
		return BMC_PASS_BAD_KEY;
	bytes = first_mark(marks);
	hash = hash_finish(hash, low_bytes(word, bytes), i * 8 + bytes);
	bytes += i * 8;
	if (!bytes || bytes > BMC_KEY_MAX)
		return BMC_PASS_BAD_KEY;
	key->hash = hash;
	key->at = at;
	key->bytes = bytes;
	key->end_bytes = 0;
	return 0;
}

static __always_inline u32 request_u32(const struct serve_scratch *s, u32 at)
{
	return at > SERVE_REQUEST_MAX ? 0 : load_u32(s->request + at);
}

/* True if the request ends with CRLF at @at and nothing follows. */
static __always_inline bool request_ends_at(const struct serve_scratch *s, u32 at)
{
	return (request_u32(s, at) & 0xffff) == ('\r' | '\n' << 8) &&
	       s->request_bytes == at + 2;
}

/* True if the get ends at @at and the next one begins. */
static __always_inline bool get_follows_at(const struct serve_scratch *s, u32 at)
{
	const u64 next = WORD4('\r', '\n', 'g', 'e') | (u64)WORD4('t', ' ', 0, 0) << 32;

	return at <= SERVE_REQUEST_MAX &&
	       (load_u64(s->request + at) & 0xffffffffffff) == next;
}

/* One more key of "get <key>*\r\n"; the loop stops at the end or at a refusal. */
struct get_walk {
	struct serve_scratch *s;
	u32 at;
	s32 reason;
};

static long get_walk_key(u32 index, struct get_walk *walk)
{
	struct serve_scratch *s = walk->s;
	u32 at = walk->at;

	walk->reason = serve_scan_key(s, at, index);
	if (walk->reason || index >= BMC_MULTIGET_MAX)
		return 1;
	at += s->keys[index].bytes;
	s->key_count = index + 1;
	walk->at = at + 1;
	if (request_ends_at(s, at))
		return 1;
	if ((request_u32(s, at) & 0xff) != ' ')
		walk->reason = BMC_PASS_SYNTAX;
	else if (index + 1 == BMC_MULTIGET_MAX)
		walk->reason = BMC_PASS_TOO_MANY_KEYS;
	return walk->reason != 0;
}

/* The same of one get or several, each of which ends with CRLF. */
static long get_walk_stream(u32 index, struct get_walk *walk)
{
	struct serve_scratch *s = walk->s;
	u32 behind;

	if (!get_walk_key(index, walk))
		return 0;
	behind = walk->at - 1;
	hide_bounds(index);
	if (index >= BMC_MULTIGET_MAX || walk->reason != BMC_PASS_SYNTAX ||
	    !get_follows_at(s, behind))
		return 1;
	walk->reason = index + 1 == BMC_MULTIGET_MAX ? BMC_PASS_TOO_MANY_KEYS : 0;
	walk->at = behind + 6;
	s->keys[index].end_bytes = REPLY_END_BYTES;
	s->get_count++;
	return walk->reason != 0;
}

/* Keys into s->keys; the first one is there already. @takes_many: other gets may
 * follow, as they do in a stream.
 */
static __always_inline s32 parse_get(struct serve_scratch *s, bool takes_many)
{
	struct get_walk walk = { .s = s, .at = 4 };

	/* Scanned while it was loaded. */
	if (!s->keys[0].bytes || s->keys[0].bytes > BMC_KEY_MAX)
		return BMC_PASS_BAD_KEY;
	s->key_count = 1;
	s->get_count = 1;
	if (request_ends_at(s, 4 + s->keys[0].bytes))
		return 0;
	bpf_loop(BMC_MULTIGET_MAX, takes_many ? (void *)get_walk_stream : (void *)get_walk_key,
		 &walk, 0);
	return walk.reason;
}

#endif /* BMC_SERVE_REQUEST_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_CONN_H
#define BMC_TAP_CONN_H

/* What the tap knows of one TCP connection, or of one thread's use of one UDP
 * socket. Only the thread that is in a system call on the socket touches it
 * (and, before its first, the kernel that establishes the connection, and when
 * the socket is closed for good, whoever closed it), so it has no lock.
 */

#include "cache/index.h"
#include "base/btf.h"
#include "tap/input.h"
#include "tap/reply.h"

enum { OPENS_MAX = 64 };

/* The writes of a batch that have begun and are not over: they end together. */
struct opens {
	u32 flushes;               /* flush_all among them; a batch may have any number */
	u16 count;                 /* of @buckets in use */
	u8 is_global;              /* one global open, which has emptied the cache */
	u8 is_overflow;            /* one hold, for buckets that found no room */
	u32 buckets[OPENS_MAX];
};

/* A write whose value waits for memcached's STORED. */
struct staged {
	struct write write;
	u64 hash;
	struct block_ref ref;
	u32 is_held;               /* the write is open, the block is ours */
};

/* What is outstanding, and so what memcached's replies mean. A batch begins
 * when all before it is known to be executed.
 */
enum batch_mode {
	BATCH_NONE,                /* nothing received that is not over */
	BATCH_LINES,               /* every command is answered by one line */
	BATCH_HUSHED,              /* some answer nothing or one line */
	BATCH_MN,                  /* the last command is mn: its answer ends the batch */
	BATCH_HEADER,              /* one binary command, answered by one header */
	BATCH_GET,                 /* gets and mgs of text alone */
	BATCH_OPAQUE,              /* replies say nothing: see coherence.md 2 rules 1 and 4 */
	BATCH_ANSWERED,            /* all answered: another reply would not fit */
};

struct batch {
	u8 mode;                   /* enum batch_mode */
	u8 opcode;                 /* of BATCH_HEADER */
	u16 fits;                  /* REPLY_* that any of the commands may answer */
	u32 commands;
	u32 answers;               /* that have gone out */
};

enum protocol { PROTOCOL_UNDECIDED, PROTOCOL_TEXT, PROTOCOL_BINARY };

enum phase {
	PHASE_COMMAND,             /* a command begins, or goes on in @carried */
	PHASE_GET,                 /* in a get line of which more comes */
	PHASE_DATA,                /* in a data block */
};

struct conn {
	struct opens opens;
	struct staged staged;
	struct batch batch;
	u32 incarnation;           /* of memcached when the connection was established */
	u32 copied_seq;            /* what the kernel's must be, if no byte was missed */
	u32 data_left;             /* of the data block, with its CRLF */
	u16 carried_bytes;
	u8 phase;                  /* enum phase */
	u8 protocol;               /* enum protocol */
	u8 has_received;
	u8 has_drained;            /* the last recv returned all there was: rule 1 */
	u8 is_handed_off;          /* another thread may read: nothing ends before the socket */
	u8 lost;                   /* enum bmc_desync: out of sync, and why */
	u8 is_probed;              /* out of sync, and a lone get has arrived; its key: @carried */
	u8 pad[7];
	u8 carried[INPUT_CARRIED_MAX]; /* the front of an unfinished command */
};

/* Freed with the socket, after cgroup/sock_release. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct conn);
} bmc_conns SEC(".maps");

#endif /* BMC_TAP_CONN_H */

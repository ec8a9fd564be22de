/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_ABI_H
#define BMC_ABI_H

/* The contract between the BPF programs and the C++ side, and the only header
 * that both include. C11 and C++ read the same bytes: fixed-width types, no
 * bool, no bitfields, padding spelled out, every size asserted below. Lists
 * that both sides need are X-macros, from which enums, labels and help texts
 * are generated: append to them, never renumber.
 */

#include <linux/bpf.h>
#include <linux/types.h>

#ifdef __cplusplus
#define BMC_ASSERT_SIZE(type, n) static_assert(sizeof(type) == (n), #type)
#else
#define BMC_ASSERT_SIZE(type, n) _Static_assert(sizeof(type) == (n), #type)
#endif

/* Moves with every change of a layout below: pinned maps of another version
 * are replaced, never adopted.
 */
enum { BMC_ABI_VERSION = 4 };

enum {
	BMC_KEY_MAX = 250,         /* bytes; memcached's KEY_MAX_LENGTH */
	BMC_MULTIGET_MAX = 64,     /* keys in one get that is served */
	BMC_REPLY_MAX = 1400,      /* bytes of UDP payload, protocol.txt "UDP protocol" */
	BMC_UDP_FRAME_SIZE = 8,    /* bytes: request id, sequence, total, reserved */
	BMC_TICK_SHIFT = 26,       /* expiry counts in 2^26 ns (67 ms) of CLOCK_MONOTONIC */
	BMC_PORTS_MAX = 8,         /* TCP ports on which one memcached listens */
};

/* Serving needs a daemon that lived within the last 30 s (I8), and a source
 * that memcached answered within the last 60 s (I10). The hot path tells time
 * in jiffies, which cost it one load; config.hz of them are a second.
 */
enum { BMC_HEARTBEAT_MAX_S = 30, BMC_SOURCE_MAX_S = 60 };

/* ---- the index ---------------------------------------------------------- */

enum { BMC_SLOTS = 6 };

/* One cache line. @lock guards every field but @recency, which is a hint that
 * serve and eviction write without it. A slot word of 0 is empty; slot
 * words change under the lock, and every link moves @version, whose low bits
 * become the word's generation, so that a word never comes back while a
 * lock-free reader could still be comparing it.
 */
struct bmc_bucket {
	struct bpf_spin_lock lock;
	__u32 version;             /* moves with every write that begins or ends, and every link */
	__u16 opens;               /* writes received and not over (I3) */
	__u8 recency[BMC_SLOTS];   /* refresh generation << 1 | used since the clock hand passed */
	__u64 slots[BMC_SLOTS];
};
BMC_ASSERT_SIZE(struct bmc_bucket, 64);

/* A slot word, from the high bits: tag 11 (never 0), generation 22, and where
 * the block lies: chunk 16, offset in the chunk in units of 32 bytes 12, size
 * class 3. A hit finds its block by the chunk and the offset alone.
 */
enum {
	BMC_SLOT_CLASS_BITS = 3,
	BMC_SLOT_OFFSET_BITS = 12,
	BMC_SLOT_CHUNK_BITS = 16,
	BMC_SLOT_GEN_BITS = 22,
	BMC_SLOT_TAG_BITS = 11,
	BMC_SLOT_OFFSET_SHIFT = BMC_SLOT_CLASS_BITS,
	BMC_SLOT_CHUNK_SHIFT = BMC_SLOT_OFFSET_SHIFT + BMC_SLOT_OFFSET_BITS,
	BMC_SLOT_GEN_SHIFT = BMC_SLOT_CHUNK_SHIFT + BMC_SLOT_CHUNK_BITS,
	BMC_SLOT_TAG_SHIFT = BMC_SLOT_GEN_SHIFT + BMC_SLOT_GEN_BITS,
};

/* ---- memory ------------------------------------------------------------- */

/* Memory comes in chunks, one map value each, and is handed out in slabs; a
 * slab belongs to one size class and is cut into equal blocks.
 * X(index, block bytes, blocks in a slab).
 */
#define BMC_SIZE_CLASSES(X) \
	X(0, 128, 48)       \
	X(1, 160, 38)       \
	X(2, 224, 27)       \
	X(3, 320, 19)       \
	X(4, 480, 12)       \
	X(5, 768, 8)        \
	X(6, 1024, 6)       \
	X(7, 1536, 4)

enum {
	BMC_CLASSES = 8,
	BMC_CLASS_HINTS = 7,
	BMC_SLAB_BYTES = 6144,     /* room for blocks */
	BMC_CHUNK_SLABS = 21,
	BMC_CHUNK_BYTES = 128 * 1024,
	BMC_BLOCK_UNIT = 32,       /* every class is a multiple of it */
	BMC_BLOCK_MAX = 1536,
	/* Of every block so much can be read, whatever its class: the verifier
	 * adds the largest offset of an mg's data to its largest length. Behind
	 * the last slab of a chunk there is room for it.
	 */
	BMC_BLOCK_REACH = BMC_BLOCK_MAX + 384,
};

struct bmc_chunk {
	__u8 bytes[BMC_CHUNK_BYTES];
};
BMC_ASSERT_SIZE(struct bmc_chunk, 131072);

/* A slab's free blocks and its class change together, by compare-and-swap of
 * one word: bit i is set while block i is free; the class stands above.
 */
enum {
	BMC_SLAB_CLASS_SHIFT = 56,
	BMC_SLAB_NO_CLASS = 0xff,  /* being emptied, to move to another class */
};

/* A block: this header, then the text that answers a text get,
 * "VALUE <key> <flags> <bytes>\r\n<data>\r\n" (protocol.txt "Retrieval
 * command"). Written by its owner before it is linked and not again until
 * after it was unlinked; readers of a stale link find the slot word changed.
 */
struct bmc_block {
	__u32 bucket;              /* that links it */
	__u32 epoch;               /* served only in this epoch */
	__u32 expiry;              /* ticks of CLOCK_MONOTONIC, rounded down; 0 = never (I5) */
	__u32 cas_low;             /* CAS unique; 0 = not known, memcached gives out none */
	__u32 cas_high;
	__u16 text_bytes;
	__u16 text_sum;            /* folded Internet checksum (RFC 1071) of the text */
	__u8 key_bytes;
	__u8 head_bytes;           /* of " <flags> <bytes>\r\n" */
	__u16 born;                /* when it was cached, see BMC_BORN_SHIFT */
};
BMC_ASSERT_SIZE(struct bmc_block, 28);

/* bmc_block.born counts jiffies by powers of two of them, of about 8 s; it wraps
 * after some 6 days. For those who look, not for the hot path.
 */
#define BMC_BORN_SHIFT(hz) ((hz) >= 512 ? 13 : (hz) >= 256 ? 12 : (hz) >= 128 ? 11 : 10)

enum {
	BMC_BLOCK_HEADER = 28,
	BMC_TEXT_KEY = 6,          /* the key's offset in the text, behind "VALUE " */
	BMC_TEXT_MAX = BMC_BLOCK_MAX - BMC_BLOCK_HEADER,
};

/* One size class. @slabs and @hand count for ever; the clock hand's position
 * is @hand modulo the blocks of the class.
 */
struct bmc_class {
	__u32 slabs;               /* that belong to the class */
	__u32 hints[BMC_CLASS_HINTS]; /* slabs in which blocks were freed lately */
	__u64 hand;                /* blocks the clock hand has passed */
	__u64 used_blocks;         /* linked or staged */
	__u64 evictions;
	__u64 failures;            /* allocations refused: nothing could be evicted */
};
BMC_ASSERT_SIZE(struct bmc_class, 64);

/* ---- why something did not happen --------------------------------------- */

/* Why a request was left to memcached. X(NAME, label, help). */
#define BMC_PASS_REASONS(X)                                                        \
	X(NOT_SERVED_PACKET, not_served_packet, "IP options, fragment, odd length or address") \
	X(STOPPED, stopped, "serving is stopped, see bmc status")                  \
	X(NOT_LOCAL, not_local, "not for an address on which memcached listens")   \
	X(SOURCE, source, "source not admitted yet: memcached has not answered it") \
	X(CHECKSUM, checksum, "a checksum is wrong, or that of UDP is absent")           \
	X(FRAME, frame, "UDP frame header is not that of a single datagram")       \
	X(NOT_GET, not_get, "another command than get and mg")                     \
	X(SYNTAX, syntax, "not one plain get or mg line, or a control byte in it")                     \
	X(BAD_KEY, bad_key, "a key is too long or empty (two spaces in a row)")           \
	X(TOO_MANY_KEYS, too_many_keys, "more keys than one reply answers")        \
	X(META_FLAG, meta_flag, "an mg flag that only memcached answers")          \
	X(MISS, miss, "a key is not in the cache")                                 \
	X(EXPIRED, expired, "the cached copy has expired")                         \
	X(REFRESH, refresh, "a sampled hit, so that memcached sees the key used")  \
	X(RACED, raced, "the entry changed while it was read")                     \
	X(REPLY_TOO_LONG, reply_too_long, "the reply exceeds one datagram")        \
	X(NO_ROOM, no_room, "the packet cannot grow so far here: driver or MTU")

enum bmc_pass {
	BMC_PASS_NONE,             /* so that "0 or a reason" can be returned */
#define X(name, label, help) BMC_PASS_##name,
	BMC_PASS_REASONS(X)
#undef X
	BMC_PASS_NR,
};

/* What is counted besides passes. X(NAME, label, help). */
#define BMC_COUNTERS(X)                                                            \
	X(HITS, hits, "requests answered in the kernel")                           \
	X(HIT_KEYS, hit_keys, "keys answered in the kernel")                       \
	X(HIT_BYTES, hit_bytes, "bytes of replies sent from the kernel")           \
	X(MISS_REPORTS, miss_reports, "missed keys reported to the daemon")        \
	X(MISS_REPORTS_LOST, miss_reports_lost, "reports lost, ring buffer full")  \
	X(LEASES, leases, "leases taken for a fill")                               \
	X(LEASES_REFUSED, leases_refused, "leases refused: a write was open")      \
	X(FILLS, fills, "values filled by the daemon")                             \
	X(FILLS_STALE, fills_stale, "fills refused: the lease was broken")         \
	X(NO_MEMORY, no_memory, "values not cached for want of a block")           \
	X(STAGES, stages, "overwritten values staged")                             \
	X(PUBLISHES, publishes, "staged values published")                         \
	X(WRITES, writes, "writes seen")                                           \
	X(INVALIDATIONS, invalidations, "cached copies emptied by writes")         \
	X(EVICTIONS, evictions, "cached copies evicted")                           \
	X(EPOCHS, epochs, "times the whole cache was emptied")                     \
	X(SYNC_LOSSES, sync_losses, "connections that fell out of sync")           \
	X(SYNC_RETURNS, sync_returns, "connections that came back in sync")        \
	X(WRITE_OVERFLOWS, write_overflows, "batches of too many open writes")

enum bmc_counter {
#define X(name, label, help) BMC_COUNT_##name,
	BMC_COUNTERS(X)
#undef X
	BMC_COUNT_NR,
};

/* Per CPU; the reader sums. */
struct bmc_stats {
	__u64 counts[BMC_COUNT_NR];
	__u64 passes[BMC_PASS_NR];
};
BMC_ASSERT_SIZE(struct bmc_stats, 8 * BMC_COUNT_NR + 8 * BMC_PASS_NR);

/* Why serving is stopped: bits of bmc_state.stopped. X(NAME, bit, label, help). */
#define BMC_STOPS(X)                                                               \
	X(UNARMED, 0, unarmed, "waiting for memcached to be armed")                \
	X(DEAD, 1, dead, "memcached's process has ended")                          \
	X(DOUBT, 2, doubt, "the tap may have lost an event")                       \
	X(FLUSH, 3, flush, "a flush_all takes effect")                             \
	X(DETACH, 4, detach, "detaching")

enum bmc_stop {
#define X(name, bit, label, help) BMC_STOP_##name = 1u << (bit),
	BMC_STOPS(X)
#undef X
};

/* Why the tap cannot be trusted any more (I11). X(NAME, label, help). */
#define BMC_DOUBTS(X)                                                              \
	X(LOST_BYTES, lost_bytes, "a socket received bytes that the tap did not see") \
	X(NO_STORAGE, no_storage, "no memory for the state of a connection")       \
	X(SATURATED, saturated, "a counter of writes or of epochs is full")                \
	X(FORKED, forked, "memcached started a child process")                     \
	X(RECURSION, recursion, "the kernel skipped a nested run of the tap")      \
	X(DETACHED, detached, "somebody detached a program of the tap")

enum bmc_doubt {
	BMC_DOUBT_NONE,
#define X(name, label, help) BMC_DOUBT_##name,
	BMC_DOUBTS(X)
#undef X
	BMC_DOUBT_NR,
};

/* Why the tap does not know where a connection's commands begin. X(NAME, label, help). */
#define BMC_DESYNCS(X)                                                             \
	X(OLDER, older, "established before BMC was attached")                     \
	X(SYNTAX, syntax, "a line that is not of the strict form")                 \
	X(LINE_TOO_LONG, line_too_long, "a line longer than any known command")    \
	X(DATA_END, data_end, "a data block that does not end in CRLF")            \
	X(BINARY, binary, "a binary header with odd lengths or opcode")            \
	X(REPLY, reply, "a reply that does not fit its request")                   \
	X(SYSCALL, syscall, "a system call that the tap does not read")            \
	X(UNREADABLE, unreadable, "memory that the tap could not read")            \
	X(TOO_MANY, too_many, "more commands in one read than the tap follows")

enum bmc_desync {
	BMC_DESYNC_NONE,
#define X(name, label, help) BMC_DESYNC_##name,
	BMC_DESYNCS(X)
#undef X
	BMC_DESYNC_NR,
};

/* ---- state and configuration -------------------------------------------- */

/* Bits of bmc_config.test_flags: each breaks one invariant, so that the tests
 * can show that they notice.
 */
enum {
	BMC_TEST_NO_INVALIDATE = 1 << 0,     /* I2: writes leave cached copies alone */
	BMC_TEST_IGNORE_OPENS = 1 << 1,      /* I3: a write need not begin alone */
	BMC_TEST_PUBLISH_UNCHECKED = 1 << 2, /* I3: nor end alone */
	BMC_TEST_NO_EXPIRY = 1 << 3,         /* I5 */
	BMC_TEST_NO_LEASE = 1 << 4,          /* I4: fills are not checked */
	BMC_TEST_NO_RECHECK = 1 << 5,        /* a slot is not read again after the copy */
	/* The rules of docs/tcp.md. */
	BMC_TEST_TCP_PASSED = 1 << 6,        /* 1: what was passed may be served */
	BMC_TEST_TCP_ONE_DELTA = 1 << 7,     /* 2: all numbers move by what is served by now */
	BMC_TEST_TCP_NO_RESEND = 1 << 8,     /* 3: a repeated request is passed */
	BMC_TEST_TCP_NO_HOLD = 1 << 9,       /* 3: it is acknowledged before its reply is */
	BMC_TEST_TCP_UNVERIFIED = 1 << 10,   /* 4: checksums are not looked at */
	BMC_TEST_TCP_ANY_SHAPE = 1 << 11,    /* 5: flags and options do not matter */
	BMC_TEST_TCP_SYN_RESETS = 1 << 12,   /* 6: a SYN from outside is a new connection */
	BMC_TEST_TCP_NO_QUOTES = 1 << 13,    /* 2: what ICMP errors quote is passed as it is */
};

/* Set between open and load, constant for the verifier. */
struct bmc_config {
	__u64 hash_seed;           /* random for every load */
	__u32 buckets;             /* entries of bmc_buckets */
	__u32 slabs;               /* in bmc_chunks, which may have room for some more */
	__u16 port;                /* UDP, host order */
	__u16 hz;                  /* jiffies in a second: 1 / resolution of CLOCK_MONOTONIC_COARSE */
	__u32 test_flags;          /* BMC_TEST_*: 0 but in tests that break an invariant */
	__u32 serves_tcp;          /* connections are followed and served (flow.h) */
	__u32 pad;
};
BMC_ASSERT_SIZE(struct bmc_config, 32);

/* What is true of the whole instance now. One line for every reader; serve
 * reads only the first.
 */
struct bmc_state {
	/* Read for every request. */
	__u32 stopped;             /* BMC_STOP_* bits: served only while 0 */
	__u32 epoch;               /* entries of other epochs are misses */
	__u64 heartbeat;           /* jiffies when the daemon last ran bmc_beat */
	__u32 admission_gen;       /* moves when addresses, clients or interfaces change */
	__u32 report_after;        /* misses of a key until it is reported, at least 1 */
	__u32 pad0[10];

	/* The tap's and the fill's. */
	__u32 global_opens;        /* open writes that may touch any key (I3) */
	__u32 incarnation;         /* of memcached's process, from 1 */
	__u32 tgid;                /* memcached's process, in the initial pid namespace */
	__u32 doubt;               /* enum bmc_doubt, the first one */
	__u32 flushes;             /* flush_all commands begun */
	__u32 flush_opens;         /* flush_all commands open */
	__u32 slabs_used;          /* slabs given to a class; may exceed bmc_config.slabs */
	__u32 unsynced;            /* connections out of sync */
	__u16 ports[BMC_PORTS_MAX]; /* TCP ports of memcached, host order, 0 = none */
	__u32 pad1[4];

	/* memcached's clock, written by the daemon once a second (I5). */
	__u64 start_low_ns;        /* lower bound of CLOCK_MONOTONIC at clock 0 */
	__u32 clock_floor_s;       /* a value the clock has reached */
	__u32 ttl_known;           /* 0: nothing that has a TTL is cached */
	__u64 process_started_s;   /* Unix time of clock 0 */
	__u32 pad2[10];
};
BMC_ASSERT_SIZE(struct bmc_state, 192);

/* ---- records that travel ------------------------------------------------ */

/* A missed key, from serve to the daemon, in ring buffer bmc_misses. */
struct bmc_miss {
	__u8 key_bytes;
	__u8 key[255];
};
BMC_ASSERT_SIZE(struct bmc_miss, 256);

/* Argument of the program bmc_lease. */
struct bmc_lease {
	__u64 hash;                /* in: of the key */
	__u32 version;             /* out: of its bucket */
	__u32 epoch;               /* out */
	__u32 clock_floor_s;       /* out: memcached's clock was at least this */
	__s32 result;              /* out: 0, or -EBUSY while a write is open, -EAGAIN while stopped */
};
BMC_ASSERT_SIZE(struct bmc_lease, 24);

/* Argument of the program bmc_fill: publish a value that memcached returned
 * after the lease was taken.
 */
struct bmc_fill {
	struct bmc_lease lease;    /* in: as it was returned; result out: 0, -ESTALE, -ENOMEM, -EINVAL */
	struct bmc_block block;    /* in: sizes, sum, expiry, CAS; bucket and epoch are filled in */
	__u32 pad;
	__u64 text;                /* in: user address of text_bytes bytes */
};
BMC_ASSERT_SIZE(struct bmc_fill, 64);

/* Argument of the program bmc_backoff: the fill under that lease was in vain. The
 * key is not reported again for so many seconds, unless the lease breaks before.
 */
enum { BMC_BACKOFF_MAX_S = 60 };

struct bmc_backoff {
	struct bmc_lease lease;    /* in: as it was returned */
	__u32 seconds;             /* in: at most BMC_BACKOFF_MAX_S */
	__u32 pad;
};
BMC_ASSERT_SIZE(struct bmc_backoff, 32);

/* Argument of the program bmc_move: give slab @position of class @from to class
 * @to, when every slab has a class.
 */
struct bmc_move {
	__u32 from;
	__u32 to;
	__u32 position;
	__s32 result;              /* out: 0, -EAGAIN: ask again with the same position, -EINVAL */
};
BMC_ASSERT_SIZE(struct bmc_move, 16);

/* An address as serve compares it: IPv6, or IPv4-mapped (RFC 4291 2.5.5.2). */
struct bmc_address {
	__u8 bytes[16];
};
BMC_ASSERT_SIZE(struct bmc_address, 16);

/* Key of the LPM trie bmc_clients; prefix_bits counts from the IPv6 form. */
struct bmc_client {
	__u32 prefix_bits;
	struct bmc_address address;
};
BMC_ASSERT_SIZE(struct bmc_client, 20);

/* Key of bmc_interfaces: where a frame arrives. The tag of a VLAN device on
 * that interface, or 0 for frames without one.
 */
struct bmc_link {
	__u32 ifindex;
	__u32 vlan;
};
BMC_ASSERT_SIZE(struct bmc_link, 8);

/* Value of bmc_interfaces. */
struct bmc_interface {
	__u8 mac[6];
	__u16 flags;               /* BMC_INTERFACE_* */
};
BMC_ASSERT_SIZE(struct bmc_interface, 8);

enum {
	BMC_INTERFACE_NO_MAC = 1,  /* loopback: frames carry no address to compare */
	BMC_INTERFACE_CLSACT = 2,  /* the daemon made its clsact, and will remove it */
};

/* A connection out of sync, in bmc_unsynced, keyed by socket cookie. */
struct bmc_unsynced {
	struct bmc_address remote;
	__u16 remote_port;         /* host order */
	__u16 local_port;          /* host order */
	__u32 reason;              /* enum bmc_desync */
	__u64 since_ns;            /* CLOCK_MONOTONIC */
};
BMC_ASSERT_SIZE(struct bmc_unsynced, 32);

#endif /* BMC_ABI_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_FLOW_H
#define BMC_FLOW_H

/* TCP connections whose gets are answered before the stack, as the programs of
 * bpf/tcp/ keep them and `bmc dump --flows` shows them. Part of the contract
 * of abi.h.
 *
 * A served request and its reply never reach the kernel's TCP, so the two ends
 * count bytes differently. "Kernel" numbers are those of memcached's socket,
 * "wire" numbers those of the client: of the same byte, the wire number is
 * larger, by d_in or d_out modulo 2^32 (docs/tcp.md).
 */

#include "bmc/abi.h"

/* As a packet from the client names it; ports in network byte order. */
struct bmc_flow_key {
	struct bmc_address client;
	struct bmc_address server;
	__be16 client_port;
	__be16 server_port;
};
BMC_ASSERT_SIZE(struct bmc_flow_key, 36);

enum {
	BMC_FLOWS_MAX = 65536,     /* connections that are followed at a time */
	BMC_FLOW_REPLY_MAX = 1460, /* bytes of a reply that is served: one segment over Ethernet */
	BMC_FLOW_PASS_S = 10,      /* so often a request is left to memcached (rule 6) */
	BMC_FLOW_LINGER_S = 120,   /* a closed flow is translated on: twice the longest segment life */
	BMC_FLOW_LINGER_OVER_S = 5, /* if nothing of it is answered any more by this end */
};

/* Bits of bmc_flow.flags. */
enum {
	BMC_FLOW_ARMED = 1 << 0,    /* memcached was idle at (k_rcv, k_snd) */
	BMC_FLOW_OUT_SEEN = 1 << 1, /* egress has seen the socket's own data: sent_end holds */
	BMC_FLOW_UNACKED = 1 << 2,  /* the client has not acknowledged the last served reply */
	BMC_FLOW_STORING = 1 << 3,  /* that reply is being kept, and cannot be sent again yet */
	BMC_FLOW_HELD = 1 << 4,     /* an acknowledgement was held back: held_ack */
	BMC_FLOW_TIMESTAMPS = 1 << 5,
	BMC_FLOW_TRANSLATED = 1 << 7, /* something was served: the two ends count differently */
	BMC_FLOW_CLOSED = 1 << 6,   /* the socket is closed; the wire may not know it yet */
	BMC_FLOW_OVER = 1 << 8,     /* it does: the client closed first, and has our FIN */
};

/* @lock guards everything behind it. */
struct bmc_flow {
	struct bpf_spin_lock lock;
	__u32 flags;               /* BMC_FLOW_* */
	__u64 cookie;              /* of memcached's socket */

	/* Rule 1, kernel numbers. */
	__u32 k_rcv;               /* copied_seq when memcached was idle */
	__u32 k_snd;               /* write_seq then */
	__u32 passed_end;          /* behind the last byte that was passed up */
	__u32 sent_end;            /* behind the last byte that was sent */
	__u32 acked;               /* the highest acknowledgement that was passed up */
	__u32 window_end;          /* behind the last byte that the kernel accepts */

	/* Rule 2. */
	__u32 d_in;                /* bytes of requests served */
	__u32 d_out;               /* bytes of replies served */
	__u32 base;                /* the kernel's send position at the last serve */
	__u32 d_prev;              /* d_out before the serves at base */

	/* Rule 3: the last served request and its reply, wire numbers. */
	__u32 request_seq;
	__u32 request_bytes;
	__u32 reply_seq;
	__u32 reply_bytes;
	__u32 held_ack;            /* kernel number */
	__u32 ts_offset;           /* of the socket's timestamps to CLOCK_MONOTONIC, ms */
	__u32 ts_last;             /* the last timestamp that was sent */
	__u32 ifindex;             /* where the socket's segments leave */

	__u64 created;             /* jiffies */
	__u64 armed_at;            /* jiffies */
	__u64 resent_at;           /* ns of CLOCK_MONOTONIC */
	__u64 closed_at;           /* jiffies */
	__u64 served;              /* segments that were answered */

	__be16 window;             /* as the last segment out had it */
	__u16 mss;                 /* payload bytes of a segment */
	__u8 ttl;
	__u8 tos;
	__u8 window_shift_in;      /* of the windows that the client sends */
	__u8 window_shift_out;
};
BMC_ASSERT_SIZE(struct bmc_flow, 136);

/* The last served reply of a flow, until the client has acknowledged it. */
struct bmc_flow_reply {
	__u8 text[BMC_FLOW_REPLY_MAX + 4];
};

/* What is counted of TCP, besides why a get was left to memcached. X(NAME, label, help). */
#define BMC_TCP_COUNTERS(X)                                                        \
	X(SERVED, served, "requests answered in the kernel")                       \
	X(SERVED_BYTES, served_bytes, "bytes of their replies")                    \
	X(TRANSLATED_IN, translated_in, "segments from clients with numbers translated") \
	X(TRANSLATED_OUT, translated_out, "segments to clients with numbers translated") \
	X(RESENT, resent, "replies sent again")                                    \
	X(ACKS_HELD, acks_held, "acknowledgements held back for a reply under way") \
	X(ACKS_SENT, acks_sent, "acknowledgements sent later")                     \
	X(ACKS_PASSED, acks_passed, "acknowledgements of served requests passed up alone") \
	X(DROPPED, dropped, "segments that could not be translated, dropped")      \
	X(NOT_IDLE, not_idle, "left: memcached or the kernel had something to do") \
	X(SHAPE, shape, "left: not one plain segment of whole requests")           \
	X(DUE, due, "left: a request in ten seconds is for memcached")             \
	X(TOO_LONG, too_long, "left: reply longer than a segment or the window")   \
	X(FLOWS, flows, "connections followed")                                    \
	X(NO_FLOW, no_flow, "connections not followed for want of memory")         \
	X(QUOTES, quotes, "ICMP errors about segments with numbers translated")

enum bmc_tcp_counter {
#define X(name, label, help) BMC_TCP_##name,
	BMC_TCP_COUNTERS(X)
#undef X
	BMC_TCP_NR,
};

/* Per CPU; the reader sums. */
struct bmc_tcp_stats {
	__u64 counts[BMC_TCP_NR];
	__u64 passes[BMC_PASS_NR]; /* gets that were not answered, by reason */
};
BMC_ASSERT_SIZE(struct bmc_tcp_stats, 8 * BMC_TCP_NR + 8 * BMC_PASS_NR);

#endif /* BMC_FLOW_H */

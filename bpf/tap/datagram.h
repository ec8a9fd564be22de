/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_DATAGRAM_H
#define BMC_TAP_DATAGRAM_H

/* memcached's recv and send on a UDP socket (coherence.md 2 "UDP"). Its threads
 * share the socket, so what is open belongs to a thread and a socket, and ends
 * when that thread asks for the next datagram of that socket: by recvfrom(2),
 * while the rest of a data block is asked for by read(2). A lone plain command
 * ends with its reply.
 */

#include "tap/requests.h"
#include "tap/stream.h"

struct datagram_reader {
	u64 cookie;                /* of the socket */
	u32 tid;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct datagram_reader);
	__type(value, struct conn);
} bmc_readers SEC(".maps");

static __always_inline struct conn *datagram_conn(struct tap_scratch *s, struct sock *sk,
						  bool create)
{
	struct datagram_reader reader = {
		.cookie = bpf_get_socket_cookie(sk),
		.tid = (u32)bpf_get_current_pid_tgid(),
	};
	struct conn *c = bpf_map_lookup_elem(&bmc_readers, &reader);

	if (c || !create)
		return c;
	bpf_map_update_elem(&bmc_readers, &reader, &s->fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&bmc_readers, &reader);
}

/* Any key may be written until this thread's next recvfrom on the socket. */
static __always_inline void datagram_lose(struct bmc_state *state, struct conn *c, u32 reason)
{
	if (!c->lost)
		count(BMC_COUNT_SYNC_LOSSES);
	c->lost = reason;
	opens_add_global(state, &c->opens);
}

/* All before is executed or forgotten, a command that was not whole too. */
static __always_inline void datagram_begin(struct conn *c)
{
	batch_end(c, BATCH_OPAQUE);
	c->phase = PHASE_COMMAND;
	c->protocol = PROTOCOL_UNDECIDED;
	c->carried_bytes = 0;
	c->data_left = 0;
	c->lost = BMC_DESYNC_NONE;
}

/* Follows the commands of a datagram behind its frame header. A lone plain
 * command ends with its reply; those of several may come in any number of
 * datagrams, and say nothing.
 */
static __always_inline u32 datagram_follow(struct tap_scratch *s, struct conn *c)
{
	s->read.address += BMC_UDP_FRAME_SIZE;
	s->read.bytes -= BMC_UDP_FRAME_SIZE;
	requests_follow(s, c);
	if (s->read.lost)
		return s->read.lost;
	if (c->carried_bytes || c->phase == PHASE_GET)
		return BMC_DESYNC_SYNTAX;
	if (s->read.commands == 1 && c->batch.commands == 1 && c->phase == PHASE_COMMAND &&
	    s->in.command.answer == ANSWER_LINE)
		c->batch.mode = BATCH_LINES;
	return BMC_DESYNC_NONE;
}

/* @bytes is an error if it is negative: that, too, shows that the thread asks
 * for the next datagram.
 */
static __always_inline void datagram_received(struct bmc_state *state, struct sock *sk, int bytes,
					      int flags)
{
	struct tap_scratch *s = tap_scratch_get();
	struct user_memory memory;
	u32 reason = 0;
	struct conn *c;

	if (!s)
		return;
	user_received(&memory);
	c = datagram_conn(s, sk, bytes > 0);
	if (!c) {
		if (bytes > 0)
			raise_doubt(state, BMC_DOUBT_NO_STORAGE);
		return;
	}
	if (memory.call == USER_RECEIVE && !(flags & RECV_CONSUMES_NOTHING)) {
		datagram_begin(c);
		if (bytes <= BMC_UDP_FRAME_SIZE)
			return; /* memcached ignores it */
		s->read.address = memory.address;
		s->read.bytes = bytes;
		reason = memory.bytes < (u64)bytes ? BMC_DESYNC_SYSCALL : datagram_follow(s, c);
	} else if (bytes > 0 && !(memory.call == USER_READ && c->phase == PHASE_DATA)) {
		/* The rest of a data block of which we saw nothing. */
		reason = memory.call == USER_READ ? BMC_DESYNC_OLDER : BMC_DESYNC_SYSCALL;
	}
	if (reason)
		datagram_lose(state, c, reason);
}

/* ---- who was answered (I10) --------------------------------------------- */

/* A struct sockaddr_in or sockaddr_in6, as far as an address needs. */
struct user_sockaddr {
	u16 family;
	u16 port;
	u32 v4;                    /* or the flow label */
	u8 v6[16];
};

static __always_inline bool datagram_target(struct sock *sk, struct bmc_address *address)
{
	struct user_sockaddr name = {};
	struct user_memory memory;

	user_sent(&memory);
	if (!memory.name) {
		sock_peer(sk, address);
		return true;
	}
	if (memory.name_bytes < 8 ||
	    bpf_probe_read_user(&name, memory.name_bytes < sizeof(name) ? 8 : sizeof(name),
				(const void *)memory.name))
		return false;
	if (name.family == AF_INET6) {
		__builtin_memcpy(address->bytes, name.v6, 16);
		return true;
	}
	*address = (struct bmc_address){ .bytes = { [10] = 0xff, [11] = 0xff } };
	__builtin_memcpy(address->bytes + 12, &name.v4, 4);
	return name.family == AF_INET;
}

/* The thread has answered the command that its last datagram from this socket
 * consisted of: it is executed. Waiting for the next recvfrom would do, but if
 * each thread has a socket of its own, that may be long.
 */
static __always_inline void datagram_answered(struct sock *sk, u32 bytes)
{
	struct tap_scratch *s = tap_scratch_get();
	struct conn *c;

	if (!s || bytes <= BMC_UDP_FRAME_SIZE)
		return;
	c = datagram_conn(s, sk, false);
	if (c && !c->lost && c->batch.mode == BATCH_LINES &&
	    reply_length_fits(bytes - BMC_UDP_FRAME_SIZE, c->batch.fits))
		batch_end(c, BATCH_OPAQUE);
}

static __always_inline void datagram_sent(struct sock *sk, u32 bytes)
{
	u64 now = bpf_jiffies64(), *last;
	struct bmc_address target;

	datagram_answered(sk, bytes);
	if (!datagram_target(sk, &target))
		return;
	last = bpf_map_lookup_elem(&bmc_sources, &target);
	if (!last || now - *last > config.hz) /* once a second is often enough */
		bpf_map_update_elem(&bmc_sources, &target, &now, BPF_ANY);
}

#endif /* BMC_TAP_DATAGRAM_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "packet.h"
#include "serve.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/kernel.h"

enum { ROOM = 8192, PAGE = 4096, POISON = 0xa5, PACKET_MAX = 4096 };

/* Two places: a packet that moves is copied from one to the other. */
static u8 *places[2];
static u32 place, length, mtu = 1500;
static bool partial;
static u32 check_at;               /* where the checksum's field was adjusted */
static void (*on_helper)(void *);
static void *on_helper_context;

static u8 *packet(void)
{
	return places[place] + ROOM - length;
}

static void prepare(void)
{
	for (u32 i = 0; i < 2 && !places[i]; i++) {
		places[i] = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		if (places[i] == MAP_FAILED || mprotect(places[i] + ROOM, PAGE, PROT_NONE))
			abort();
	}
}

/* To the other place, with another length; bytes that are gained are anything. */
static void move(u32 bytes)
{
	u8 *from = packet();
	u32 kept = bytes < length ? bytes : length;

	memset(places[1 - place], POISON, ROOM);
	memcpy(places[1 - place] + ROOM - bytes, from, kept);
	memset(places[place], POISON, ROOM);
	place = 1 - place;
	length = bytes;
}

u32 host_packet_put(const u8 *frame, u32 bytes, bool is_partial)
{
	prepare();
	if (bytes > PACKET_MAX)
		abort();
	memset(places[place], POISON, ROOM);
	length = bytes;
	partial = is_partial;
	check_at = 0;
	memcpy(packet(), frame, bytes);
	return (u32)(unsigned long)packet();
}

u32 host_packet_end(void)
{
	return (u32)(unsigned long)(places[place] + ROOM);
}

void host_packet_mtu(u32 bytes)
{
	mtu = bytes;
}

void host_on_helper(void (*callback)(void *context), void *context)
{
	on_helper = callback;
	on_helper_context = context;
}

/* What another CPU does just now. */
static void meanwhile(void)
{
	if (on_helper)
		on_helper(on_helper_context);
}

static u32 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* In the host's order, as the kernel keeps partial sums. */
static u64 sum_bytes(const u8 *p, u32 bytes)
{
	u64 sum = 0;

	for (u32 i = 0; i < bytes; i++)
		sum += (u32)p[i] << i % 2 * 8;
	return sum;
}

static u16 get_check(u32 at)
{
	u16 check;

	memcpy(&check, packet() + at, sizeof(check));
	return check;
}

static void set_check(u32 at, u16 check)
{
	memcpy(packet() + at, &check, sizeof(check));
}

u32 host_packet_take(u8 *frame, u32 room)
{
	u32 bytes = length < room ? length : room;

	if (partial && check_at) {
		u16 check = ~fold(sum_bytes(packet() + check_at - 6, length - check_at + 6));

		set_check(check_at, check ? check : 0xffff);
	}
	memcpy(frame, packet(), bytes);
	return bytes;
}

/* ---- helpers ------------------------------------------------------------ */

long bpf_xdp_adjust_tail(struct xdp_md *ctx, int by)
{
	meanwhile();
	if ((int)length + by < ETH_HLEN || length + by > PACKET_MAX)
		return -EINVAL;
	move(length + by);
	ctx->data = (u32)(unsigned long)packet();
	ctx->data_end = host_packet_end();
	return 0;
}

long bpf_xdp_store_bytes(struct xdp_md *ctx, u32 at, void *from, u32 bytes)
{
	meanwhile();
	if (ctx->data_end != host_packet_end() || at > 0xffff || bytes > 0xffff ||
	    at + bytes > length)
		return -EINVAL;
	memcpy(packet() + at, from, bytes);
	return 0;
}

static void place_skb(struct __sk_buff *skb, u32 bytes)
{
	move(bytes);
	skb->data = (u32)(unsigned long)packet();
	skb->data_end = host_packet_end();
	skb->len = length;
}

long bpf_skb_change_tail(struct __sk_buff *skb, u32 bytes, u64 flags)
{
	meanwhile();
	if (flags || bytes < ETH_HLEN || bytes > PACKET_MAX)
		return -EINVAL;
	place_skb(skb, bytes);
	return 0;
}

long bpf_skb_pull_data(struct __sk_buff *skb, u32 bytes)
{
	if (bytes > length)
		return -ENOMEM;
	place_skb(skb, length);
	return 0;
}

long bpf_skb_store_bytes(struct __sk_buff *skb, u32 at, const void *from, u32 bytes, u64 flags)
{
	meanwhile();
	if (flags || at > 0xffff || bytes > 0xffff || at + bytes > length)
		return -EFAULT;
	place_skb(skb, length);
	memcpy(packet() + at, from, bytes);
	return 0;
}

/* A whole checksum takes every difference; a partial one only those of the
 * pseudo header (net/core/utils.c).
 */
long bpf_l4_csum_replace(struct __sk_buff *skb, u32 at, u64 from, u64 to, u64 flags)
{
	bool is_pseudo = flags & BPF_F_PSEUDO_HDR, marks_zero = flags & BPF_F_MARK_MANGLED_0;
	u32 size = flags & BPF_F_HDR_FIELD_MASK;
	u16 check;

	meanwhile();
	if (at + 2 > length || (size != 0 && size != 2 && size != 4) || (!size && from))
		return -EINVAL;
	place_skb(skb, length);
	check_at = at;
	check = get_check(at);
	if (marks_zero && !check)
		return 0;
	if (!partial)
		check = ~fold((u64)(u16)~check + (u16)~fold(from) + fold(to));
	else if (is_pseudo)
		check = fold((u64)check + (u16)~fold(from) + fold(to));
	if (marks_zero && !check)
		check = 0xffff;
	set_check(at, check);
	return 0;
}

long bpf_check_mtu(void *ctx, u32 ifindex, u32 *out, int by, u64 flags)
{
	(void)ctx, (void)ifindex, (void)flags;
	*out = mtu;
	return length + by > mtu + ETH_HLEN ? BPF_MTU_CHK_RET_FRAG_NEEDED : 0;
}

long bpf_redirect(u32 ifindex, u64 flags)
{
	(void)ifindex, (void)flags;
	return 7; /* TC_ACT_REDIRECT */
}

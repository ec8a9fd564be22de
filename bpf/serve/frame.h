/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_SERVE_FRAME_H
#define BMC_SERVE_FRAME_H

/* The bytes of a packet, the same way at both hooks. @hook is a constant
 * wherever these are called, so each call becomes one helper. Layer 6.
 */

#include "base/kernel.h"

enum hook { HOOK_XDP, HOOK_TC };

enum { SERVE_LOST = -2 };          /* half written and not to be restored: drop it */

static __always_inline long frame_store(void *ctx, enum hook hook, u32 at, void *from, u32 bytes)
{
	return hook == HOOK_XDP ? bpf_xdp_store_bytes(ctx, at, from, bytes)
				: bpf_skb_store_bytes(ctx, at, from, bytes, 0);
}

static __always_inline void *frame_data(void *ctx, enum hook hook)
{
	return hook == HOOK_XDP ? (void *)(long)((struct xdp_md *)ctx)->data
				: (void *)(long)((struct __sk_buff *)ctx)->data;
}

static __always_inline void *frame_end(void *ctx, enum hook hook)
{
	return hook == HOOK_XDP ? (void *)(long)((struct xdp_md *)ctx)->data_end
				: (void *)(long)((struct __sk_buff *)ctx)->data_end;
}

static __always_inline u32 frame_bytes(void *ctx, enum hook hook)
{
	u64 bytes;

	if (hook == HOOK_TC)
		return ((struct __sk_buff *)ctx)->len;
	bytes = frame_end(ctx, hook) - frame_data(ctx, hook);
	hide_bounds(bytes); /* else the compiler subtracts in 32 bits: not for pointers */
	return bytes;
}

/* Changes the frame's length; bytes that are gained are anything.
 *
 * At TC, a checksum over the whole packet that the NIC handed up
 * (CHECKSUM_COMPLETE) would be wrong after the change: growing drops it
 * (__skb_grow_rcsum), trimming adjusts it, so a frame that gets shorter is
 * made longer first.
 */
static __always_inline long frame_resize(void *ctx, enum hook hook, u32 from, u32 to)
{
	if (hook == HOOK_XDP)
		return bpf_xdp_adjust_tail(ctx, (s32)to - (s32)from);
	if (to <= from && bpf_skb_change_tail(ctx, from + 1, 0))
		return -1;
	return bpf_skb_change_tail(ctx, to, 0);
}

#endif /* BMC_SERVE_FRAME_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_KERNEL_H
#define BMC_BASE_KERNEL_H

/* Stands in for bpf/base/kernel.h when the kernel side is compiled for the
 * host: the same names, with maps and helpers of plain memory (maps.c,
 * packet.c). The text of the programs is the same to the letter.
 */

#include "base/types.h"

#include <bpf/bpf_endian.h>

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value) *name

#define barrier() asm volatile("" ::: "memory")
#define read_barrier() barrier()
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#define hide_bounds(x) asm volatile("" : "+r"(x))
#define touch(p) __builtin_prefetch(p)

/* One thread: nothing to lock; but what was done under a lock can be told. */
#define bpf_spin_lock(lock) ((void)(lock))
#define bpf_spin_unlock(lock) host_unlocked(lock)
void host_unlocked(const void *lock);

/* The callback takes a pointer to its own kind of context. */
#define bpf_loop(times, step, context, flags)                                             \
	host_loop(times, (long (*)(u32, void *))(void *)(step), context)
long host_loop(u32 times, long (*step)(u32, void *), void *context);

void *bpf_map_lookup_elem(void *map, const void *key);
long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags);
long bpf_map_delete_elem(void *map, const void *key);
void *bpf_sk_storage_get(void *map, const void *sk, void *initial, u64 flags);
/* Again of a kind of context of its own. */
#define bpf_for_each_map_elem(map, step, context, flags)                                  \
	host_for_each(map, (long (*)(void *, const void *, void *, void *))(void *)(step), context)
void host_for_each(void *map, long (*step)(void *, const void *, void *, void *), void *context);
long bpf_ringbuf_output(void *map, const void *data, u64 bytes, u64 flags);
long bpf_copy_from_user(void *to, u32 bytes, const void *from);

/* The task in a system call, its memory and its sockets (task.c). */
long bpf_probe_read_user(void *to, u32 bytes, const void *from);
long bpf_probe_read_kernel(void *to, u32 bytes, const void *from);
u64 bpf_get_current_pid_tgid(void);
void *bpf_get_current_task_btf(void);
long bpf_task_pt_regs(void *task);
u64 bpf_get_socket_cookie(void *sk);
struct tcp_sock *bpf_skc_to_tcp_sock(void *sk);

u64 bpf_ktime_get_ns(void);
u64 bpf_jiffies64(void);
u32 bpf_get_prandom_u32(void);

long bpf_xdp_adjust_tail(struct xdp_md *ctx, int by);
long bpf_xdp_store_bytes(struct xdp_md *ctx, u32 at, void *from, u32 bytes);
long bpf_skb_change_tail(struct __sk_buff *skb, u32 bytes, u64 flags);
long bpf_skb_pull_data(struct __sk_buff *skb, u32 bytes);
long bpf_skb_store_bytes(struct __sk_buff *skb, u32 at, const void *from, u32 bytes, u64 flags);
long bpf_l4_csum_replace(struct __sk_buff *skb, u32 at, u64 from, u64 to, u64 flags);
long bpf_check_mtu(void *ctx, u32 ifindex, u32 *mtu, int by, u64 flags);
long bpf_redirect(u32 ifindex, u64 flags);

#endif /* BMC_BASE_KERNEL_H */

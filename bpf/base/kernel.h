/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_KERNEL_H
#define BMC_BASE_KERNEL_H

/* The kernel's side of things: libbpf's helpers and barriers. Layer 1, BPF
 * target only.
 */

#include "base/types.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* A load or store that the *compiler* neither repeats nor drops: the other
 * side is another CPU.
 */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/* Orders loads before it against loads behind it, as seen by *other CPUs*.
 * x86-64 keeps loads in order, so only the compiler must be told. A weaker CPU
 * needs an atomic operation here (an atomic fetch-add is a full barrier in BPF).
 */
#define read_barrier() barrier()

/* Other orders, which x86-64 keeps as well and a weaker CPU has to be told: the
 * stores of a block's text before the store of the slot that links it
 * (write_publish, fill_publish; a spin lock orders only what follows it), and
 * the store that empties a slot before those that use its block anew
 * (stage_block_get).
 */
#ifdef __bpf__
#ifndef __TARGET_ARCH_x86
#error "x86-64 only: memory order, and system call registers (tap/user_io.h)"
#endif
#endif

/* Hides from the *verifier* what it knows about a scalar, and from the
 * *compiler* where it came from, so that a bound check right behind stays
 * where it stands and on this very register.
 */
#define hide_bounds(x) asm volatile("" : "+r"(x))

/* Begins to load the cache line at @p: a load whose value nobody waits for, BPF
 * has no prefetch.
 */
#define touch(p)                                                                          \
	({                                                                                \
		u64 ignored_;                                                             \
		asm volatile("%0 = *(u8 *)(%1 + 0)" : "=r"(ignored_) : "r"(p));           \
	})

#endif /* BMC_BASE_KERNEL_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_TYPES_H
#define BMC_BASE_TYPES_H

/* What headers that both the BPF target and the host compile may use: short
 * integer names, bool, and the two attributes. Layer 0: includes nothing of
 * ours but the ABI.
 */

#include "bmc/abi.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#ifndef __cplusplus
#include <stdbool.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

/* Loads and stores of whole words wherever they lie: x86-64 does them
 * at full speed, and the verifier lets them on these machines. Not by memcpy on
 * the BPF target, whose compiler would make single bytes of it.
 */
#ifdef __bpf__
#define UNALIGNED_WORD(type, name)                                                        \
	static __always_inline type load_##name(const void *p) { return *(const type *)p; } \
	static __always_inline void store_##name(void *p, type word) { *(type *)p = word; }
#else
#define UNALIGNED_WORD(type, name)                                                        \
	static __always_inline type load_##name(const void *p)                              \
	{                                                                                 \
		type word;                                                                \
                                                                                          \
		__builtin_memcpy(&word, p, sizeof(word));                                 \
		return word;                                                              \
	}                                                                                 \
	static __always_inline void store_##name(void *p, type word)                        \
	{                                                                                 \
		__builtin_memcpy(p, &word, sizeof(word));                                 \
	}
#endif

UNALIGNED_WORD(u32, u32)
UNALIGNED_WORD(u64, u64)

#endif /* BMC_BASE_TYPES_H */

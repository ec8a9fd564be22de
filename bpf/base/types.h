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

/* A load of eight bytes wherever they lie: x86-64 and arm64 read unaligned
 * words at full speed, and the verifier lets them on these machines.
 */
static __always_inline u64 load_u64(const u8 *p)
{
	u64 word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

#endif /* BMC_BASE_TYPES_H */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_BASE_PORTABLE_H
#define BMC_BASE_PORTABLE_H

/* What a parser needs to be compiled by both the BPF target and the host: a
 * loop that costs the *verifier* one look at its body, and functions that it
 * looks at once however often they are called. Layer 1, pure.
 */

#include "base/types.h"

#ifdef __bpf__

#include <bpf/bpf_helpers.h>

/* Calls step(0, context), step(1, context), ... until one returns not 0;
 * @context is an address on the stack.
 */
#define bounded_loop(times, step, context) bpf_loop(times, step, context, 0)

/* A function of global linkage: the *verifier* takes any value of the types
 * of its arguments, so pointers must be checked against NULL.
 */
#define VERIFIED_ONCE __attribute__((noinline))

#else

#define bounded_loop(times, step, context)                                                      \
	do {                                                                              \
		for (u32 turn_ = 0; turn_ < (times) && !step(turn_, context); turn_++)    \
			;                                                                 \
	} while (0)

#define VERIFIED_ONCE static inline

#endif

#endif /* BMC_BASE_PORTABLE_H */

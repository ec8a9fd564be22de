/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_HOST_SERVE_H
#define BMC_HOST_SERVE_H

/* The kernel side's serving, compiled for the host from the very files that
 * become the BPF programs: both hooks, and the programs that fill the cache.
 * One thread, one instance. The tap: task.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bmc/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum host_hook { HOST_XDP, HOST_TC };

/* BMC_TEST_* of the loads that follow. */
void host_break(uint32_t flags);

/* Whether what the loads that follow tap is also served over TCP. */
void host_serve_tcp(bool serves);

/* CLOCK_MONOTONIC, which moves by this alone. */
void host_set_time(uint64_t ns);

/* A fresh load: empty, in service, for UDP port 11211 on interface 1. */
void host_load(uint32_t buckets, uint32_t slabs, uint64_t hash_seed);

void host_listen_on(const uint8_t address[16]);
void host_admit_client(const uint8_t address[16], uint32_t prefix_bits);
void host_serve_vlan(uint32_t vlan, const uint8_t mac[6]);
void host_set_mtu(uint32_t bytes);

void host_lease(struct bmc_lease *lease);
void host_fill(struct bmc_fill *fill);

struct bmc_state *host_state(void);
const struct bmc_stats *host_stats(void);
const struct bmc_bucket *host_bucket(uint32_t index);

/* Blocks that are not free; ~0 if the bitmaps and the counts of the classes differ. */
uint32_t host_blocks_in_use(void);

/* What would be served for that hash, were it asked for now; its expiry is the
 * caller's to judge. NULL: nothing.
 */
const struct bmc_block *host_cached(uint64_t hash);

/* Calls back at the start of each helper that touches the packet: the moments
 * at which another CPU may change an entry that is being served.
 */
void host_on_helper(void (*callback)(void *context), void *context);

/* Runs a program on the frame, which comes back as it leaves; returns its
 * verdict. @is_partial: at TC, the packet's checksum is left to a device.
 */
int host_run(enum host_hook hook, uint8_t *frame, uint32_t *bytes, uint32_t room, bool is_partial);

#ifdef __cplusplus
}
#endif

#endif /* BMC_HOST_SERVE_H */

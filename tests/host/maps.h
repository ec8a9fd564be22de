/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_HOST_MAPS_H
#define BMC_HOST_MAPS_H

/* BPF maps in plain memory. Every value is an allocation of its own, so that
 * AddressSanitizer sees a step from one into the next.
 */

#include "base/types.h"

enum host_map_kind { HOST_ARRAY, HOST_HASH, HOST_PREFIXES };

/* The map that a declaration like those of bpf/ describes, with @entries. */
#define HOST_MAP_CREATE(map, kind, entries)                                               \
	host_map_create(&(map), kind, sizeof(*(map).key), sizeof(*(map).value), entries)

void host_map_create(void *map, enum host_map_kind kind, u32 key_bytes, u32 value_bytes,
		     u32 entries);
void host_map_update(void *map, const void *key, const void *value);

/* Forgets them all. */
void host_maps_destroy(void);

#endif /* BMC_HOST_MAPS_H */

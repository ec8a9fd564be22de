/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_HOST_PACKET_H
#define BMC_HOST_PACKET_H

/* The packet that a program is run on. It ends where a page ends behind which
 * nothing can be read, and every helper that may move a packet in the kernel
 * moves it here, so that reading past its end or through a stale pointer is a
 * fault.
 */

#include "base/types.h"

/* What BPF contexts hold as 32-bit addresses is one here: below 4 GiB. */
u32 host_packet_put(const u8 *frame, u32 bytes, bool is_partial);
u32 host_packet_end(void);

/* The packet as it leaves: a partial checksum is completed, as by a device. */
u32 host_packet_take(u8 *frame, u32 room);

/* What the next interface takes, without the link's header. */
void host_packet_mtu(u32 bytes);

#endif /* BMC_HOST_PACKET_H */

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// An XDP program on one interface, held by a pinned link: it stays when the
// daemon dies and goes when the pin is removed.
#pragma once

#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "net/interface.h"

namespace bmc {

enum class XdpMode { kNative, kGeneric };

/// Attaches and pins at @pin. With a program of somebody else on the interface,
/// EBUSY.
Result<void> attach_xdp(int program_fd, const Interface& interface, XdpMode mode,
                        const std::string& pin);

/// Detaches at once and removes the pin; none there is no error.
void detach_xdp(const std::string& pin);

/// The interface that the link pinned at @pin is attached to; 0 if to none.
int xdp_link_interface(const std::string& pin);

/// Whether the interface's XDP program runs in the generic path.
bool is_xdp_generic(int interface_index);

/// The XDP program on the interface, 0 if there is none.
std::uint32_t xdp_program_id(int interface_index);

}  // namespace bmc

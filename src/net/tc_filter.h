// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The program at TC ingress of one interface: a direct-action filter of our own
// priority and handle on the clsact queueing discipline. Filters of others are
// left alone, and so is a clsact that was there before or that others use.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "net/interface.h"

namespace bmc {

struct TcAttachment {
  bool made_clsact = false;
};

Result<TcAttachment> attach_tc(int program_fd, const Interface& interface);

/// The program of our filter on the interface, 0 if there is none.
std::uint32_t tc_program_id(int interface_index);

/// Removes our filter, and the clsact if @made_clsact and it is empty.
Result<void> detach_tc(int interface_index, bool made_clsact);

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Our programs at the TC hooks of one interface: direct-action filters of a
// priority of our own on the clsact queueing discipline, with a handle for each
// port, so that several instances share an interface. Filters of others are left
// alone, and so is a clsact that was there before or that others use.
#pragma once

#include <array>
#include <cstdint>

#include "base/error.h"
#include "net/interface.h"

namespace bmc {

enum class TcFilter {
  kUdpIn,   ///< requests over UDP, at ingress
  kTcpIn,   ///< segments from clients, at ingress
  kTcpOut,  ///< segments to clients, at egress
};
/// In the order in which they are attached: nothing is served before what is sent is translated.
inline constexpr std::array kTcFilters{TcFilter::kTcpOut, TcFilter::kTcpIn, TcFilter::kUdpIn};

struct TcAttachment {
  bool made_clsact = false;
};

/// For the memcached of that port; EEXIST if there is a filter for it already.
Result<TcAttachment> attach_tc(TcFilter which, std::uint16_t port, int program_fd,
                               const Interface& interface);

/// The program of the filter for the memcached of that port, 0 if there is none.
Result<std::uint32_t> tc_program_id(TcFilter which, std::uint16_t port, int interface_index);

/// Whether the program of that id is there.
Result<bool> has_tc(TcFilter which, std::uint32_t program_id, int interface_index);

/// Removes the filter of that program, if it is there.
Result<void> detach_tc(TcFilter which, std::uint32_t program_id, int interface_index);

/// Removes the interface's clsact if it is empty.
void remove_empty_clsact(int interface_index);

}  // namespace bmc

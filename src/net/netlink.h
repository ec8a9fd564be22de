// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// As much of netlink(7) as is needed: dumps of links, addresses, filters and
// sockets, and notices when links and addresses change.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace bmc {

/// One attribute's payload, or empty.
using Attribute = std::span<const std::byte>;

/// The attribute of that type in a message's attributes; empty if there is none.
Attribute find_attribute(std::span<const std::byte> attributes, unsigned short type);

std::string_view attribute_text(Attribute attribute);
std::uint32_t attribute_u32(Attribute attribute);

/// What follows a message's fixed header of type T.
template <typename T>
std::span<const std::byte> attributes_behind(const nlmsghdr& message) {
  const std::size_t offset = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(T)));
  if (message.nlmsg_len <= offset) return {};
  return {reinterpret_cast<const std::byte*>(&message) + offset, message.nlmsg_len - offset};
}

/// Sends a dump request with the fixed header @header and calls @each for every
/// message of the answer, once it is whole: a dump during which something changed
/// is repeated.
Result<void> netlink_dump(unsigned short type, std::span<const std::byte> header,
                          const std::function<void(const nlmsghdr&)>& each,
                          int protocol = NETLINK_ROUTE);

/// Sends a command with the fixed header @header and waits until it is carried out.
Result<void> netlink_command(unsigned short type, std::span<const std::byte> header, int protocol);

/// A socket that becomes readable when a link, an address or a TC filter changes.
Result<Fd> open_netlink_monitor();

/// Reads all notices away; false if there was none.
bool drain_netlink_monitor(int fd);

}  // namespace bmc

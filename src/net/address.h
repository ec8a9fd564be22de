// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// IP addresses in the one form that the kernel side compares: IPv6, or IPv4
// mapped into it (RFC 4291 2.5.5.2).
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bmc/abi.h"

namespace bmc {

struct Address {
  bmc_address raw{};

  /// From the 4 or 16 bytes of a packet, in network order.
  static Address from_ipv4(const void* bytes);
  static Address from_ipv6(const void* bytes);
  static Result<Address> parse(std::string_view text);

  bool is_ipv4() const;
  bool is_any() const;  ///< 0.0.0.0 or ::
  bool is_loopback() const;
  std::string text() const;

  bool operator==(const Address& other) const {
    return std::memcmp(raw.bytes, other.raw.bytes, sizeof(raw.bytes)) == 0;
  }
  std::strong_ordering operator<=>(const Address& other) const {
    return std::memcmp(raw.bytes, other.raw.bytes, sizeof(raw.bytes)) <=> 0;
  }
};

/// "192.0.2.0/24", "2001:db8::/32", or an address alone.
Result<bmc_client> parse_client(std::string_view text);

/// A list of them, separated by commas.
Result<std::vector<bmc_client>> parse_clients(std::string_view text);

}  // namespace bmc

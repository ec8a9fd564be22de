// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What memcached will do with its options, as far as that decides whether its UDP
// sockets can be spread. The options themselves are memcached's: they are handed over
// as they are, and what is wrong with them it says itself.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace bmc::sr {

struct Plan {
  bool only_informs = false;  ///< prints its version or licence, and ends
  bool uses_udp = false;
  bool uses_unix_socket = false;
  int threads = 4;
  std::vector<std::string> addresses;  ///< as -l has them, one an option
};

/// Options that are not known are taken for some of a later memcached.
Plan read_plan(const std::vector<std::string>& options);

/// Whether each worker of such a memcached can have a UDP socket.
Result<void> check_plan(const Plan& plan);

}  // namespace bmc::sr

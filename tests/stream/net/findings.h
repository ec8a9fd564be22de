// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What connections have done and found.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/comparison.h"
#include "model/request.h"

namespace bmc::stream {

/// Why a connection was given up, beside a wrong byte.
struct Trouble {
  std::uint32_t connection = 0;
  std::uint16_t local_port = 0;
  std::string what;
};

struct WrongReply {
  std::uint32_t connection = 0;
  std::uint16_t local_port = 0;
  WrongByte where;
};

struct Findings {
  std::array<std::uint64_t, kKindNames.size()> requests{};  ///< by kind
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::uint64_t connections = 0;             ///< that were made, one after the other ones included
  std::chrono::nanoseconds longest_wait{0};  ///< without a byte while a reply was outstanding
  std::vector<WrongReply> wrong;
  std::vector<Trouble> lost;  ///< refused, reset, or closed by the other side
  std::vector<Trouble> hangs;

  std::uint64_t total_requests() const;
  bool is_clean() const { return wrong.empty() && lost.empty() && hangs.empty(); }
  void add(const Findings& other);
};

}  // namespace bmc::stream

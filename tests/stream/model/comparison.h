// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a connection has to answer, compared with what arrives, byte by byte as it arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "model/request.h"

namespace bmc::stream {

/// Where a connection's replies went wrong.
struct WrongByte {
  std::uint64_t offset = 0;   ///< in all that the connection has received
  std::uint64_t request = 0;  ///< its number on the connection
  std::string asked;          ///< printable, as all that follows; cut if it is long
  std::string expected;
  std::string got;
};

/// Printable, and not longer than about a line.
std::string excerpt(std::string_view bytes);

class Comparison {
 public:
  /// The next request that was sent.
  void expect(const Request& request);

  /// What has arrived next; the first byte that is wrong, if there is one. Nothing that is
  /// received behind a wrong byte can be judged.
  std::optional<WrongByte> receive(std::string_view bytes);

  /// Requests whose replies are not complete; those that nothing answers do not count.
  std::size_t outstanding() const { return outstanding_; }
  std::uint64_t received() const { return received_; }
  /// What is waited for now.
  std::string oldest() const;

 private:
  struct Owed {
    std::uint64_t request;
    std::string asked;
    std::string reply;
  };

  WrongByte wrong(std::string_view bytes, std::size_t at) const;
  void settle_first();

  std::deque<Owed> owed_;
  std::size_t done_ = 0;  ///< of the first one's reply
  std::size_t outstanding_ = 0;
  std::uint64_t requests_ = 0, received_ = 0;
};

}  // namespace bmc::stream

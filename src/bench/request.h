// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One request, from being drawn until it is answered, lost or given up, and
// its text on the wire.
#pragma once

#include <cstdint>
#include <span>

#include "bench/key_space.h"
#include "bench/load_options.h"
#include "bench/versions.h"

namespace bmc::bench {

inline constexpr unsigned kMaxMultiget = 256;

/// One key of a get, with the oldest version it may return.
struct Read {
  std::uint32_t key = 0;
  std::uint64_t floor = 0;
};

struct Request {
  enum class Kind : std::uint8_t { kGet, kSet, kNoop };

  Kind kind = Kind::kGet;
  bool quiet = false;         ///< a set that gets no answer
  std::uint16_t reads = 0;    ///< keys of a get
  std::uint16_t matched = 0;  ///< those that the reply has passed so far
  std::uint16_t hits = 0;
  std::uint64_t intended_ns = 0;  ///< when it should have been sent: latency counts from here
  std::uint64_t sent_ns = 0;
  Read* read = nullptr;  ///< the keys of a get; a set uses the first

  WriteTicket write = {};
  std::uint32_t value_bytes = 0;
  std::uint32_t ttl_s = 0;
};

/// Writes requests as text.
class RequestText {
 public:
  RequestText(const KeySpace& keys, GetCommand command) : keys_(keys), command_(command) {}

  /// No request of @reads keys or with a value of @value_bytes is longer.
  std::size_t longest(unsigned reads, std::uint32_t value_bytes) const noexcept;

  char* write(const Request& request, char* out) const noexcept;

 private:
  char* write_get(const Request& request, char* out) const noexcept;
  char* write_set(const Request& request, char* out) const noexcept;

  const KeySpace& keys_;
  GetCommand command_;
};

}  // namespace bmc::bench

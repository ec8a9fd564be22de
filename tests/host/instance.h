// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Serving on the host with a cache that is filled, and a judge of what it does
// with a packet: what host/serve.h is to C, for tests and fuzzers in C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/serve.h"
#include "reference/frame.h"
#include "reference/served_request.h"

namespace bmc::host {

using reference::Bytes;
using reference::Item;

struct Verdict {
  bool answered = false;
  bool passed = false;
  Bytes out;
};

/// There is one cache behind all instances; each begins with an empty one.
class Instance {
 public:
  static constexpr std::uint32_t kBuckets = 4096;
  static constexpr std::uint32_t kSlabs = 64;

  Instance();

  /// 0, or the error that the fill returned.
  int put(const std::string& key, const Item& item);

  /// Is the key linked, as far as its bucket and tag tell?
  bool holds(const std::string& key) const;

  Verdict run(host_hook hook, const Bytes& frame, bool is_partial = false);

  /// A datagram of an admitted client for this host.
  static reference::Datagram request(std::string text);
  static reference::Datagram request_v6(std::string text);

  std::uint64_t hash(const std::string& key) const;
  const reference::Items& items() const { return items_; }

  /// Why the program should not have done with the frame what it did: a passed
  /// packet differs, or the answer is not the right one to what the frame asks.
  /// Empty if all is well.
  std::string objection(const Bytes& frame, const Verdict& verdict) const;

 private:
  reference::Items items_;
};

}  // namespace bmc::host

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Points the tap at a memcached process and finds out when what it does can be
// relied on (coherence.md 6). Serving is off from begin() to finish().
#pragma once

#include <string>
#include <vector>

#include "bpf/kernel_side.h"
#include "memcached/process.h"
#include "memcached/quiescence.h"

namespace bmc {

class Arming {
 public:
  /// From here on the tap follows this process.
  static Result<Arming> begin(const KernelSide& kernel, const Process& process, unsigned workers);

  /// Looks once; true when memcached does nothing any more that began unseen.
  Result<bool> look() { return quiescence_.look(); }
  std::string waiting_for() const { return quiescence_.waiting_for(); }

  /// Empties the cache and lets serve begin, or, where another stop is set, lets
  /// it begin when that one goes.
  static Result<void> finish(const KernelSide& kernel);

  /// The process has ended: nothing of it is ever served again (I6).
  static Result<void> bury(const KernelSide& kernel);

 private:
  explicit Arming(Quiescence quiescence) : quiescence_(std::move(quiescence)) {}

  Quiescence quiescence_;
};

/// The TCP ports of the sockets, each once.
std::vector<std::uint16_t> ports_of(const std::vector<Socket>& listeners);

}  // namespace bmc

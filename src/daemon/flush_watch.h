// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ends the pause that a flush_all causes (coherence.md 5). The tap stops
// serving when one begins; only when memcached's clock has passed the moment up
// to which the flush kills items is the cache emptied and serving resumed.
#pragma once

#include <cstdint>

#include "bpf/kernel_side.h"

namespace bmc {

class FlushWatch {
 public:
  explicit FlushWatch(const KernelSide& kernel) : kernel_(kernel) {}

  /// One may be pending that the tap has not seen: memcached was just found.
  void expect();

  bool is_pending() const;

  /// Before memcached is asked. False while a flush is still being executed:
  /// what memcached answers now may not tell of it yet.
  bool begin();

  /// @oldest: of `stats settings`; @clock_s: read after it. Both were asked for
  /// after begin(). True if serving may resume.
  Result<bool> finish(std::uint64_t oldest, std::uint32_t clock_s);

 private:
  const KernelSide& kernel_;
  std::uint32_t flushes_ = 0;  ///< at begin()
};

}  // namespace bmc

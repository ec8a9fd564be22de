// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Removes closed TCP flows once nothing of them can be under way any more.
#pragma once

#include <chrono>

#include "bpf/flows.h"

namespace bmc {

class FlowSweeper {
 public:
  explicit FlowSweeper(const KernelSide& kernel) : kernel_(kernel) {}

  /// To be called often; looks every few seconds.
  void sweep() {
    const auto now = std::chrono::steady_clock::now();
    if (kernel_.config().serves_tcp == 0 || now < next_) return;
    next_ = now + kInterval;
    forget_closed_flows(kernel_);
  }

 private:
  static constexpr std::chrono::seconds kInterval{5};

  const KernelSide& kernel_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether the tap can still be trusted (I11): asks the kernel side, which
// checks itself, and the kernel about what the tap cannot notice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/instance.h"

namespace bmc {

class DoubtWatch {
 public:
  explicit DoubtWatch(const Instance& instance) : instance_(instance) {}

  /// The reason, in words, if there is doubt: then serving has been stopped.
  std::optional<std::string> look() const;

 private:
  const Instance& instance_;
};

/// How often all may be loaded anew: a doubt that comes back at once must not
/// keep the machine busy with loading.
class ReloadPace {
 public:
  /// Blocks, for longer each time that it is called again soon. False if we
  /// are asked to end meanwhile.
  [[nodiscard]] bool wait();

 private:
  std::uint64_t last_ns_ = 0;
  unsigned delay_s_ = 0;
};

}  // namespace bmc

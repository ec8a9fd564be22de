// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// While it lives, nothing new is answered; translation of what was goes on.
#pragma once

#include <chrono>
#include <thread>

#include "bmc/abi.h"
#include "bpf/mapping.h"

namespace bmc {

/// A packet that was found servable a moment ago is on its way through the program.
inline constexpr std::chrono::milliseconds kServesEnd{10};

class ServingPause {
 public:
  explicit ServingPause(bmc_state& state)
      : state_(state),
        was_on_((atomic(state.stopped).fetch_or(BMC_STOP_DETACH) & BMC_STOP_DETACH) == 0) {
    std::this_thread::sleep_for(kServesEnd);
  }
  ServingPause(const ServingPause&) = delete;
  ServingPause& operator=(const ServingPause&) = delete;
  ~ServingPause() {
    if (was_on_) atomic(state_.stopped).fetch_and(~std::uint32_t{BMC_STOP_DETACH});
  }

 private:
  bmc_state& state_;
  bool was_on_;  ///< else somebody detaches it all
};

}  // namespace bmc

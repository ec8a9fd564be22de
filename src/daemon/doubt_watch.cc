// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/doubt_watch.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/signals.h"

namespace bmc {
namespace {

constexpr unsigned kDelayMax = 60;
constexpr std::uint64_t kQuietNs = 60 * kNsPerSecond;

constexpr std::array kDoubtTexts{"none",
#define X(name, label, help) help,
                                 BMC_DOUBTS(X)
#undef X
};

}  // namespace

std::optional<std::string> DoubtWatch::look() const {
  bmc_state& state = instance_.kernel().state();
  std::uint32_t doubt = atomic(state.doubt).load();
  if (doubt == BMC_DOUBT_NONE) {
    const auto found = instance_.tap().doubt(instance_.kernel(), instance_.folder());
    if (!found) return std::nullopt;
    doubt = *found;
    atomic(state.doubt).store(doubt);
  }
  atomic(state.stopped).fetch_or(BMC_STOP_DOUBT);
  return doubt < kDoubtTexts.size() ? kDoubtTexts[doubt] : "an unknown doubt";
}

bool ReloadPace::wait() {
  const std::uint64_t now = monotonic_ns();
  const bool is_soon = last_ns_ != 0 && now - last_ns_ < kQuietNs;
  delay_s_ = is_soon ? std::clamp(delay_s_ * 2, 1u, kDelayMax) : 0;
  const bool asked_to_end = sleep_until_asked_to_end(delay_s_);
  last_ns_ = monotonic_ns();
  return !asked_to_end;
}

}  // namespace bmc

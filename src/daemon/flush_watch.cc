// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/flush_watch.h"

#include "bpf/calls.h"

namespace bmc {

void FlushWatch::expect() {
  atomic(kernel_.state().stopped).fetch_or(BMC_STOP_FLUSH);
}

bool FlushWatch::is_pending() const {
  return (atomic(kernel_.state().stopped).load() & BMC_STOP_FLUSH) != 0;
}

bool FlushWatch::begin() {
  flushes_ = atomic(kernel_.state().flushes).load();
  return atomic(kernel_.state().flush_opens).load() == 0;
}

Result<bool> FlushWatch::finish(std::uint64_t oldest, std::uint32_t clock_s) {
  bmc_state& state = kernel_.state();
  const auto moved = [&] {
    return atomic(state.flushes).load() != flushes_ || atomic(state.flush_opens).load() != 0;
  };
  if (clock_s <= oldest || moved()) return false;
  if (auto emptied = flush_cache(kernel_); !emptied) return std::unexpected(emptied.error());
  atomic(state.stopped).fetch_and(~std::uint32_t{BMC_STOP_FLUSH});
  // A flush that began since has set a bit that was taken away with this one.
  // Nothing was cached in between: it moved the epoch and is still open.
  if (!moved()) return true;
  expect();
  return false;
}

}  // namespace bmc

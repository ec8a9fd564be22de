// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/fill.h"

#include <cerrno>

#include "base/clock.h"
#include "bpf/calls.h"
#include "memcached/block_text.h"
#include "memcached/clock.h"

namespace bmc {
namespace {

/// I5: sets the block's expiry; false if the item must not be cached.
bool set_expiry(bmc_state& state, const bmc_lease& lease, std::int64_t ttl_s, bmc_block& block) {
  if (ttl_s < 0) return true;  // never: 0
  if (atomic(state.ttl_known).load() == 0) return false;
  const auto tick = expiry_tick(atomic(state.start_low_ns).load(), lease.clock_floor_s,
                                static_cast<std::uint32_t>(ttl_s), monotonic_ns());
  if (!tick || *tick == 0) return false;
  block.expiry = *tick;
  return true;
}

FillResult result_of(std::int32_t result) {
  switch (result) {
    case 0:
      return FillResult::kFilled;
    case -ESTALE:
      return FillResult::kStale;
    case -ENOMEM:
      return FillResult::kNoMemory;
    default:
      return FillResult::kUncacheable;
  }
}

}  // namespace

std::uint32_t backoff_s(FillResult result) {
  switch (result) {
    case FillResult::kAbsent:
    case FillResult::kTooLong:
      return BMC_BACKOFF_MAX_S;
    case FillResult::kUncacheable:
    case FillResult::kNoMemory:
    case FillResult::kMismatch:
      return 1;
    case FillResult::kFilled:
    case FillResult::kStale:
    case FillResult::kStopped:
      return 0;
  }
  return 0;
}

FillResult fill_answer(const KernelSide& kernel, std::string_view key, const bmc_lease& lease,
                       const MetaValue& answer, std::string& text) {
  if (answer.kind == MetaValue::Kind::kValue && answer.key != key) return FillResult::kMismatch;
  if (answer.kind == MetaValue::Kind::kMiss) return FillResult::kAbsent;
  if (answer.kind != MetaValue::Kind::kValue) return FillResult::kUncacheable;
  bmc_fill fill{};
  if (!compose_block(key, answer.client_flags, answer.data, text, fill.block)) {
    return FillResult::kTooLong;
  }
  if (!set_expiry(kernel.state(), lease, answer.ttl_s, fill.block)) {
    return FillResult::kUncacheable;
  }
  fill.lease = lease;
  fill.block.cas_low = static_cast<std::uint32_t>(answer.cas);
  fill.block.cas_high = static_cast<std::uint32_t>(answer.cas >> 32);
  fill.text = reinterpret_cast<std::uint64_t>(text.data());
  if (!fill_value(kernel, fill)) return FillResult::kStopped;
  return result_of(fill.lease.result);
}

}  // namespace bmc

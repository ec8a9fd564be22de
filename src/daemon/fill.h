// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One fill, from memcached's answer to a published block.
#pragma once

#include <string>

#include "bpf/kernel_side.h"
#include "memcached/meta_get.h"

namespace bmc {

enum class FillResult {
  kFilled,
  kAbsent,
  kUncacheable,  ///< too short-lived, stale
  kTooLong,      ///< for a reply of one datagram
  kStale,        ///< the lease was broken by a write
  kNoMemory,
  kStopped,
  kMismatch,  ///< an answer for another key: the connection is not to be trusted
};

/// For how long the key need not be asked for again, in seconds, if nobody writes
/// it meanwhile (bmc_backoff); 0: at any time.
std::uint32_t backoff_s(FillResult result);

/// Checks and publishes the answer for @key that was asked for under @lease.
/// @text is scratch memory.
FillResult fill_answer(const KernelSide& kernel, std::string_view key, const bmc_lease& lease,
                       const MetaValue& answer, std::string& text);

}  // namespace bmc

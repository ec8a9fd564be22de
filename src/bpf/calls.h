// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The kernel side's programs that we call ourselves, as functions.
#pragma once

#include <string_view>

#include "bpf/kernel_side.h"

namespace bmc {

/// As the kernel side hashes it, with the seed of this load.
std::uint64_t hash_of_key(const KernelSide& kernel, std::string_view key);

/// Takes a lease (coherence.md 1): lease.result is 0, -EBUSY or -EAGAIN.
Result<void> take_lease(const KernelSide& kernel, bmc_lease& lease);

/// Publishes a value under its lease: fill.lease.result is 0 or why not.
Result<void> fill_value(const KernelSide& kernel, bmc_fill& fill);

/// Says that the fill under backoff.lease was in vain: the key is left alone for
/// a while, unless a write begins in its bucket or the cache is emptied.
Result<void> back_off(const KernelSide& kernel, bmc_backoff& backoff);

/// Moves a slab to another size class: move.result is 0, or -EAGAIN when it has
/// begun and must be asked for again.
Result<void> move_slab(const KernelSide& kernel, bmc_move& move);

/// Says that the daemon lives (I8).
Result<void> beat_heart(const KernelSide& kernel);

/// Empties the cache.
Result<void> flush_cache(const KernelSide& kernel);

}  // namespace bmc

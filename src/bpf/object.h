// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Loads the BPF object: sizes the maps, sets the configuration, lets the kernel
// verify it, and leaves everything pinned. Nothing is attached yet.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "bpf/kernel_side.h"
#include "bpf/sizing.h"

namespace bmc {

struct ObjectOptions {
  std::uint16_t port = 0;  ///< UDP
  std::uint64_t memory_bytes = 0;
  std::uint32_t buckets = 0;  ///< 0: as the memory gives; tests make keys collide with few
  bool serves_tcp = false;
  std::uint32_t test_flags =
      0;  ///< BMC_TEST_*: break an invariant, so that a test can see it broken
};

/// What load_object() with these options would make.
Result<Manifest> plan_object(const ObjectOptions& options);

/// Pins maps and programs in @folder, which make_pin_folder() made.
Result<void> load_object(const ObjectOptions& options, const std::string& folder);

}  // namespace bmc

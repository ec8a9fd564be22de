// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Draws the requests of one thread: kind, keys, sizes and TTLs, all from its
// own random numbers.
#pragma once

#include "bench/key_picker.h"
#include "bench/load_options.h"
#include "bench/request.h"
#include "bench/versions.h"

namespace bmc::bench {

class Workload {
 public:
  Workload(const LoadOptions& options, const KeyPicker& picker, VersionTable& versions,
           std::uint64_t seed)
      : options_(options), picker_(picker), versions_(versions), random_(seed) {}

  Request::Kind next_kind() noexcept;

  /// Draws everything but the times. A get's floors and a set's version are
  /// taken now, so the request has to be sent after this.
  void fill(Request::Kind kind, Request& request) noexcept;

  /// A set of one given key.
  void fill_set(std::uint32_t key, Request& request) noexcept;

 private:
  const LoadOptions& options_;
  const KeyPicker& picker_;
  VersionTable& versions_;
  Random random_;
};

}  // namespace bmc::bench

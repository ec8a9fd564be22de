// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What all threads of a load share: the options, made ready for use.
#pragma once

#include <atomic>
#include <memory>

#include "bench/endpoint.h"
#include "bench/judge.h"
#include "bench/key_picker.h"
#include "bench/key_space.h"
#include "bench/load_options.h"
#include "bench/request.h"
#include "bench/versions.h"

namespace bmc::bench {

struct LoadPlan {
  LoadOptions options;
  Endpoint server;
  KeySpace keys;
  RequestText text;
  KeyPicker picker;
  VersionTable versions;
  Complaints complaints;
  const std::atomic<bool>& stop;  ///< the user wants the run to end now

  /// Refuses options that contradict each other, and servers without an address.
  [[nodiscard]] static Result<std::unique_ptr<LoadPlan>> make(LoadOptions options,
                                                              const std::atomic<bool>& stop);

 private:
  LoadPlan(const LoadOptions& options, Endpoint server, const KeySpace& keys,
           const std::atomic<bool>& stop);
};

}  // namespace bmc::bench

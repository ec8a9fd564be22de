// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The kernel objects that this daemon looks after: what an earlier daemon left
// pinned, if it is what we would load, else a fresh load with a fresh tap.
#pragma once

#include <optional>
#include <string>

#include "bpf/kernel_side.h"
#include "bpf/tap_links.h"
#include "daemon/options.h"

namespace bmc {

class Instance {
 public:
  [[nodiscard]] static Result<Instance> adopt_or_load(const RunOptions& options);

  const KernelSide& kernel() const { return *kernel_; }
  const TapLinks& tap() const { return *tap_; }
  bool was_adopted() const { return adopted_; }

  /// Where links are pinned now.
  const std::string& folder() const { return folder_; }

  /// Makes a fresh load visible to others, all at once.
  Result<void> publish();

 private:
  static std::optional<Instance> adopt(const RunOptions& options);
  static Result<Instance> load(const RunOptions& options);
  Result<void> open();

  std::string folder_;
  std::string published_folder_;
  std::optional<KernelSide> kernel_;
  std::optional<TapLinks> tap_;
  bool adopted_ = false;
};

}  // namespace bmc

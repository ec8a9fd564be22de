// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Attaches the tap: tracing programs on memcached's socket calls, and one on
// the root of the cgroup hierarchy that sees sockets closed. All or none; each
// link is pinned, so that the tap outlives the daemon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bpf/kernel_side.h"

namespace bmc {

/// Where the root of the cgroup v2 hierarchy is mounted.
Result<std::string> find_cgroup_root();

/// Attaches and pins in @folder/links/.
Result<void> attach_tap(const KernelSide& kernel, const std::string& folder);

/// Looks after an attached tap.
class TapLinks {
 public:
  static Result<TapLinks> open(const std::string& folder);

  /// Why the tap, pinned in @folder/links/, may have lost an event or may come to (I11).
  std::optional<bmc_doubt> doubt(const KernelSide& kernel, const std::string& folder) const;

 private:
  struct Link {
    Program program;
    Fd fd;
  };

  std::vector<Link> links_;
};

}  // namespace bmc

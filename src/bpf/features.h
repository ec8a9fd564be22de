// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What this kernel and this process can do, as far as BMC needs it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace bmc {

struct Feature {
  std::string name;
  bool is_present = false;
  bool is_required = true;  ///< else BMC runs with less
  std::string lost;         ///< what does not work without it
  std::string hint = {};    ///< how to get it
};

/// Everything, for `bmc check`. Loads small programs to find out.
std::vector<Feature> probe_features();

/// What can be told at once and would else end in an obscure failure.
Result<void> require_features();

/// "6.18.0-rc1" -> 6018; 0 if it is no release.
unsigned parse_release(std::string_view release);

/// Whether uname's version is that of a kernel with PREEMPT_RT.
bool is_preempt_rt(std::string_view version);

}  // namespace bmc

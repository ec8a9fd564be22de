// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <string>

namespace bmc::bench {

/// Called with one line about how far a run has got.
using Progress = std::function<void(const std::string&)>;

}  // namespace bmc::bench

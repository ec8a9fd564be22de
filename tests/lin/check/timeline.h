// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A violation as people read it: its operations under each other, and beside them, from left
// to right, what began and was over before what.
#pragma once

#include <string>

#include "check/violation.h"
#include "client/keys.h"

namespace bmc::lin {

/// A line for everything that happened to the key, in order of invocation.
std::string trace(const History& history, std::uint32_t key);

std::string timeline(const History& history, const Violation& violation, const Keys& keys);

}  // namespace bmc::lin

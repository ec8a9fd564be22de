// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Takes an instance apart, whoever made it and however far it came: serving off
// first, then the hooks, then the tap, then the pins. Needs nothing but the
// pins, so that it works after a crash and for another version's instance.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace bmc {

/// What becomes of TCP connections on which something was served: without the
/// translation of their sequence numbers they break.
enum class Connections {
  kKeep,   ///< they are translated on, and all that this needs stays
  kReset,  ///< both ends are told
};

/// How many connections are translated on; only if it is 0 nothing is left.
/// @folder: of the pins, published or not. None there is no error.
Result<std::size_t> tear_down(const std::string& folder, Connections connections);

}  // namespace bmc

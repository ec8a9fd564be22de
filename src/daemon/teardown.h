// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Takes an instance apart, whoever made it and however far it came: serving off
// first, then the hooks, then the tap, then the pins. Needs nothing but the
// pins, so that it works after a crash and for another version's instance.
#pragma once

#include <string>

#include "base/error.h"

namespace bmc {

/// @folder: of the pins, published or not. None there is no error.
Result<void> tear_down(const std::string& folder);

}  // namespace bmc

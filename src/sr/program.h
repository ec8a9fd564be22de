// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The program that is started, and whether the dynamic loader will preload a library
// into it: it passes over one that does not fit, without an error.
#pragma once

#include <string>

#include "base/error.h"

namespace bmc::sr {

/// The path of @name, which is looked for in PATH if it is no path itself. This very
/// program is passed over, by whatever name.
Result<std::string> find_program(const std::string& name);

/// The library beside this program, or in ../lib/bmc as packages install it.
Result<std::string> find_preload();

/// Whether libraries that work here can be preloaded into the program.
Result<void> check_preloadable(const std::string& path);

}  // namespace bmc::sr

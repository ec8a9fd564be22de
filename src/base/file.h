// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whole files: small ones of /proc are read in one go, ours are replaced by a
// rename, so that a reader never sees half of one.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace bmc {

Result<std::string> read_file(const std::string& path);

/// Writes beside @path and renames over it.
Result<void> replace_file(const std::string& path, std::string_view text);

Result<void> make_directories(const std::string& path);

/// Where a symbolic link points; empty if it cannot be read.
std::string read_link(const std::string& path);

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// libbpf's own messages: kept, so that a failure can be explained by its last
// lines; shown as they come only in the verbose log.
#pragma once

#include <string>

namespace bmc {

void capture_libbpf_log();

/// The last @lines lines since the last call, and forgets all.
std::string take_libbpf_log(std::size_t lines = 20);

}  // namespace bmc

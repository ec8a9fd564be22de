// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Which network namespace this process is in.
#pragma once

#include <cstdint>
#include <string>

namespace bmc {

/// Inode of the namespace; 0 if it cannot be told.
std::uint64_t net_namespace();

/// Whether a process is in the namespace with that inode.
bool has_net_namespace(std::uint64_t inode);

/// The name that ip-netns(8) gave the namespace with that inode, or empty.
std::string net_namespace_name(std::uint64_t inode);

}  // namespace bmc

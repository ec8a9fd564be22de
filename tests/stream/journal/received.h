// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a memcached has read, connection by connection: the file that bmc_recorder.so wrote
// inside it (tests/differential/record.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bmc::stream {

/// The bytes of each connection, in the order in which memcached accepted them; nothing if the
/// file is no such record. A last record that was cut off, because memcached was killed, is left
/// out.
std::optional<std::vector<std::string>> read_received(const std::filesystem::path& path);

}  // namespace bmc::stream

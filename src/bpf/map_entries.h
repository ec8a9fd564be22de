// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whole hash maps, some thousand entries with each system call.
#pragma once

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

namespace bmc {

/// All entries at about this moment: changes meanwhile may or may not be seen.
template <typename Key, typename Value>
std::vector<std::pair<Key, Value>> map_entries(int map_fd) {
  constexpr std::uint32_t kBatch = 4096;
  std::vector<std::pair<Key, Value>> entries;
  std::vector<Key> keys(kBatch);
  std::vector<Value> values(kBatch);
  std::uint32_t position = 0;  // the kernel's, of a bucket
  for (bool is_first = true;; is_first = false) {
    std::uint32_t count = kBatch;
    const int done = bpf_map_lookup_batch(map_fd, is_first ? nullptr : &position, &position,
                                          keys.data(), values.data(), &count, nullptr);
    if (done != 0 && done != -ENOENT) return entries;
    for (std::uint32_t i = 0; i < count; i++) entries.emplace_back(keys[i], values[i]);
    if (done != 0) return entries;
  }
}

}  // namespace bmc

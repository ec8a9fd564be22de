// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Hash maps as sets of keys.
#pragma once

#include <bpf/bpf.h>

#include <vector>

namespace bmc {

/// All keys at about this moment: changes meanwhile may or may not be seen.
template <typename Key>
std::vector<Key> map_keys(int map_fd) {
  std::vector<Key> keys;
  Key key;
  while (bpf_map_get_next_key(map_fd, keys.empty() ? nullptr : &keys.back(), &key) == 0) {
    keys.push_back(key);
    if (keys.size() >= 65536) break;  // a key deleted under us would start all over
  }
  return keys;
}

}  // namespace bmc

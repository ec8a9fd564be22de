// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Keys that wait to be filled. Bounded, and each key at most once: what is
// queued or in flight, or was in vain a moment ago, is not taken again.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace bmc {

struct WantedKey {
  std::string key;
  std::uint64_t hash;
};

class FillQueue {
 public:
  FillQueue();

  /// Takes the key in unless it is held or there is no room.
  void offer(std::string_view key, std::uint64_t hash, std::uint64_t now_ns);

  /// At most @most keys, oldest first; they stay held until release().
  std::vector<WantedKey> take(std::size_t most);

  /// The key is done with; until @again_ns it is not taken in again.
  void release(std::uint64_t hash, std::uint64_t again_ns);

  bool is_full() const;
  bool is_empty() const { return keys_.empty(); }

 private:
  /// One of a direct-mapped table: keys that collide push each other out, and
  /// then are asked for once more than needed. Other bits of the hash than those
  /// by which the kernel side remembers keys, so that not the same ones collide.
  struct Hold {
    std::uint64_t hash = 0;
    std::uint64_t until_ns = 0;
  };
  Hold& hold_of(std::uint64_t hash) { return holds_[(hash >> 16) % holds_.size()]; }

  std::deque<WantedKey> keys_;
  std::vector<Hold> holds_;
};

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What may be read: for each key, the oldest version that a get may still
// return, its floor. The floor rises when a write is acknowledged, and when a
// value is seen.
//
// Writes of one key by several connections may overlap, and then nobody knows
// in which order the server took them. An unbroken chain of overlapping writes
// is therefore one group: after any of them was acknowledged, all that is known
// is that nothing older than the group's first version is left. A write that
// overlaps no other is a group of its own, the usual case, and exact.
// A write whose answer never came keeps its group open for ever: less is
// verified then, never too much.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace bmc::bench {

/// A write in flight.
struct WriteTicket {
  std::uint64_t version = 0;
  std::uint64_t since = 0;  ///< first version of its group
};

/// Shared by all threads of a run.
class VersionTable {
 public:
  /// Versions begin at @base, which has to be above those of earlier runs:
  /// see first_version().
  VersionTable(std::uint32_t keys, std::uint64_t base)
      : base_(base), keys_(std::make_unique<Key[]>(keys)) {}

  /// Microseconds since 1970: later runs begin above whatever an earlier one wrote.
  static std::uint64_t first_version();

  /// A get sent after this call must not return an older version.
  std::uint64_t floor(std::uint32_t key) const noexcept {
    return keys_[key].floor.load(std::memory_order_acquire);
  }

  WriteTicket begin_write(std::uint32_t key) noexcept;
  void end_write(std::uint32_t key) noexcept;

  /// A value that says "nothing older than @since is left" was read.
  void saw(std::uint32_t key, std::uint64_t since) noexcept { raise(keys_[key], since); }

 private:
  struct Key {
    std::atomic<std::uint64_t> floor{0};
    std::atomic_flag lock;          // guards the three below
    std::uint16_t open = 0;         // writes in flight
    std::uint32_t issued = 0;       // versions handed out
    std::uint32_t group_first = 0;  // of the current group
  };
  class Guard;

  static void raise(Key& key, std::uint64_t floor) noexcept;

  std::uint64_t base_;
  std::unique_ptr<Key[]> keys_;
};

}  // namespace bmc::bench

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/versions.h"

#include <chrono>
#include <limits>

namespace bmc::bench {

/// Spins: writers of one key are few and hold it for some instructions.
class VersionTable::Guard {
 public:
  explicit Guard(Key& key) noexcept : lock_(key.lock) {
    while (lock_.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Guard() { lock_.clear(std::memory_order_release); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  std::atomic_flag& lock_;
};

std::uint64_t VersionTable::first_version() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

WriteTicket VersionTable::begin_write(std::uint32_t number) noexcept {
  Key& key = keys_[number];
  const Guard guard(key);
  const std::uint32_t version = key.issued++;
  if (key.open == 0) key.group_first = version;
  // A saturated count can never return to zero: the group stays open.
  if (key.open != std::numeric_limits<std::uint16_t>::max()) key.open++;
  return {base_ + version, base_ + key.group_first};
}

void VersionTable::end_write(std::uint32_t number) noexcept {
  Key& key = keys_[number];
  const Guard guard(key);
  raise(key, base_ + key.group_first);
  if (key.open != std::numeric_limits<std::uint16_t>::max()) key.open--;
}

void VersionTable::raise(Key& key, std::uint64_t floor) noexcept {
  std::uint64_t current = key.floor.load(std::memory_order_relaxed);
  while (current < floor &&
         !key.floor.compare_exchange_weak(current, floor, std::memory_order_acq_rel)) {
  }
}

}  // namespace bmc::bench

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/fill_queue.h"

#include "base/clock.h"

namespace bmc {
namespace {

constexpr std::size_t kKeysMax = 16384;
constexpr std::size_t kHolds = 65536;
constexpr std::uint64_t kInFlightNs = 2 * kNsPerSecond;  // if its connection breaks

}  // namespace

FillQueue::FillQueue() : holds_(kHolds) {}

bool FillQueue::is_full() const {
  return keys_.size() >= kKeysMax;
}

void FillQueue::offer(std::string_view key, std::uint64_t hash, std::uint64_t now_ns) {
  Hold& hold = hold_of(hash);
  if (is_full() || (hold.hash == hash && now_ns < hold.until_ns)) return;
  hold = {hash, now_ns + kInFlightNs};
  keys_.push_back({std::string(key), hash});
}

std::vector<WantedKey> FillQueue::take(std::size_t most) {
  std::vector<WantedKey> taken;
  while (!keys_.empty() && taken.size() < most) {
    taken.push_back(std::move(keys_.front()));
    keys_.pop_front();
  }
  return taken;
}

void FillQueue::release(std::uint64_t hash, std::uint64_t again_ns) {
  Hold& hold = hold_of(hash);
  if (hold.hash == hash) hold.until_ns = again_ns;
}

}  // namespace bmc

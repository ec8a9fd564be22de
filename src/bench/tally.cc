// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/tally.h"

#include <numeric>
#include <thread>

namespace bmc::bench {

const char* name_of(Counter counter) noexcept {
  static constexpr const char* kNames[] = {
#define X(name, text) #name,
      BMC_BENCH_COUNTERS(X)
#undef X
  };
  return kNames[static_cast<std::size_t>(counter)];
}

const char* name_of(Fault fault) noexcept {
  static constexpr const char* kNames[] = {
#define X(name, text) #name,
      BMC_BENCH_FAULTS(X)
#undef X
  };
  return kNames[static_cast<std::size_t>(fault)];
}

const char* meaning_of(Fault fault) noexcept {
  static constexpr const char* kTexts[] = {
#define X(name, text) text,
      BMC_BENCH_FAULTS(X)
#undef X
  };
  return kTexts[static_cast<std::size_t>(fault)];
}

std::uint64_t Counts::wrong() const noexcept {
  return std::accumulate(fault.begin(), fault.end(), std::uint64_t{0});
}

Counts& Counts::operator+=(const Counts& other) noexcept {
  for (std::size_t i = 0; i < kCounters; i++) counter[i] += other.counter[i];
  for (std::size_t i = 0; i < kFaults; i++) fault[i] += other.fault[i];
  return *this;
}

Counts Counts::operator-(const Counts& earlier) const noexcept {
  Counts difference = *this;
  for (std::size_t i = 0; i < kCounters; i++) difference.counter[i] -= earlier.counter[i];
  for (std::size_t i = 0; i < kFaults; i++) difference.fault[i] -= earlier.fault[i];
  return difference;
}

Counts Tally::read() const noexcept {
  for (;; std::this_thread::yield()) {
    const std::uint64_t turns = turns_.load(std::memory_order_acquire);
    if (turns % 2 != 0) continue;
    const Counts counts = read_once();
    if (turns_.load(std::memory_order_relaxed) == turns) return counts;
  }
}

Counts Tally::read_once() const noexcept {
  Counts counts;
  for (std::size_t i = 0; i < kCounters; i++) {
    counts.counter[i] = counter_[i].load(std::memory_order_acquire);
  }
  for (std::size_t i = 0; i < kFaults; i++) {
    counts.fault[i] = fault_[i].load(std::memory_order_acquire);
  }
  return counts;
}

}  // namespace bmc::bench

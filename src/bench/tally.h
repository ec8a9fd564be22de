// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a run counts. Every thread has its own Tally, which others may read at
// any time; the lists below are the one place that names what is counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace bmc::bench {

/// name in the JSON, what it means
#define BMC_BENCH_COUNTERS(X)                                                   \
  X(requests, "requests answered")                                              \
  X(gets, "gets answered")                                                      \
  X(sets, "sets answered")                                                      \
  X(keys, "keys asked for by the answered gets")                                \
  X(hits, "keys found")                                                         \
  X(misses, "keys not found")                                                   \
  X(lost, "requests without an answer within the timeout")                      \
  X(late, "answers that came after the timeout")                                \
  X(errors, "error answers, refused sets and requests cut off by a disconnect") \
  X(refused, "datagrams refused by the server's host (nothing listens)")        \
  X(reconnects, "TCP connections that had to be made again")                    \
  X(sent_bytes, "bytes sent, memcached's frames included")                      \
  X(received_bytes, "bytes received, memcached's frames included")

/// Ways in which a reply can be wrong. Any of them fails the run.
#define BMC_BENCH_FAULTS(X)                                          \
  X(wrong_key, "the value belongs to another key")                   \
  X(wrong_flags, "the flags are not the key's")                      \
  X(foreign, "the value was not written by a benchmark, or was cut") \
  X(corrupted, "the value's bytes are damaged")                      \
  X(stale, "the value is older than an acknowledged one")            \
  X(expired, "the value's time to live is over")                     \
  X(malformed, "the reply is not the protocol, or answers something else")

enum class Counter : std::uint8_t {
#define X(name, text) name,
  BMC_BENCH_COUNTERS(X)
#undef X
      kCount
};

enum class Fault : std::uint8_t {
#define X(name, text) name,
  BMC_BENCH_FAULTS(X)
#undef X
      kCount
};

inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::kCount);
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kCount);

const char* name_of(Counter counter) noexcept;
const char* name_of(Fault fault) noexcept;
const char* meaning_of(Fault fault) noexcept;

/// Plain numbers: a tally at one moment, or the difference of two.
struct Counts {
  std::array<std::uint64_t, kCounters> counter{};
  std::array<std::uint64_t, kFaults> fault{};

  std::uint64_t operator[](Counter c) const noexcept {
    return counter[static_cast<std::size_t>(c)];
  }
  std::uint64_t operator[](Fault f) const noexcept { return fault[static_cast<std::size_t>(f)]; }
  std::uint64_t wrong() const noexcept;
  Counts& operator+=(const Counts& other) noexcept;
  Counts operator-(const Counts& earlier) const noexcept;
};

/// Written by one thread, read by all.
class Tally {
 public:
  /// While it lives, what is added belongs together: no reader sees a part of it.
  class Together {
   public:
    explicit Together(Tally& tally) noexcept : tally_(tally) { tally_.turn(); }
    ~Together() { tally_.turn(); }
    Together(const Together&) = delete;
    Together& operator=(const Together&) = delete;

   private:
    Tally& tally_;
  };

  void add(Counter counter, std::uint64_t n = 1) noexcept {
    bump(counter_[static_cast<std::size_t>(counter)], n);
  }
  void add(Fault fault) noexcept { bump(fault_[static_cast<std::size_t>(fault)], 1); }
  Counts read() const noexcept;

 private:
  /// One writer, so no locked instruction is needed. A reader that meets a value
  /// meets the turn before it, too.
  static void bump(std::atomic<std::uint64_t>& cell, std::uint64_t n) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  void turn() noexcept { bump(turns_, 1); }
  Counts read_once() const noexcept;

  std::array<std::atomic<std::uint64_t>, kCounters> counter_{};
  std::array<std::atomic<std::uint64_t>, kFaults> fault_{};
  std::atomic<std::uint64_t> turns_{};  // odd within a Together
};

}  // namespace bmc::bench

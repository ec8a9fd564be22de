// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the test records of every operation: when it was invoked and
// answered, and what it did to one key. The checker sees nothing else.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace bmc::lin {

using Nanoseconds = std::int64_t;  ///< of CLOCK_MONOTONIC

/// When an operation was answered that never was. It may take effect at any later time.
inline constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();

/// But not after so long: it is queued no longer than memcached is frozen, the interface is down
/// and TCP sends again. Where a later effect would only excuse what was seen, this is assumed.
inline constexpr Nanoseconds kLongestDelay = 10'000'000'000;

/// Names one write for ever: writer << 24 | its sequence number. 0 is no write.
using WriteId = std::uint32_t;

inline constexpr std::uint32_t kAllKeys = 0xffffffff;  ///< key of a flush

enum class Effect : std::uint8_t {
  kNone,      ///< changes nothing
  kPut,       ///< a whole new value, made by this write alone
  kExtend,    ///< append or prepend: the value goes on, with this write in it
  kCount,     ///< incr or decr: a new number
  kRemove,    ///< delete, flush, a store too large
  kTouch,     ///< a new time to live
  kRead,      ///< saw a value
  kMiss,      ///< saw that there is none
};

enum class Outcome : std::uint8_t {
  kDone,      ///< acknowledged: it took effect between invocation and answer
  kRefused,   ///< acknowledged: it did not take effect
  kUnknown,   ///< may or may not have taken effect, from its invocation on
};

inline constexpr std::int32_t kNoTtl = 0;

struct Op {
  Nanoseconds invoked = 0;
  Nanoseconds answered = kNever;
  std::uint32_t key = 0;
  WriteId id = 0;               ///< of a put, extend or count
  Effect effect = Effect::kNone;
  Outcome outcome = Outcome::kUnknown;
  std::uint8_t client = 0;      ///< who did it, for the report
  std::uint8_t command = 0;     ///< of the command table, for the report
  bool garbled = false;         ///< a read of a value that no writer composes
  std::int32_t ttl_s = kNoTtl;  ///< of a put or touch; negative = expired at once; of a flush: delay
  std::uint32_t parts = 0;      ///< reads: where the writes in the value begin in History::parts
  std::uint32_t part_count = 0;
  std::uint64_t number = 0;     ///< counters: written or seen
  Nanoseconds unique_seen = kNever;  ///< reads that a stored cas stands for: when its unique was asked for
};

/// By when it had taken effect, if it ever did.
inline Nanoseconds latest_effect(const Op& op) {
  return op.answered == kNever ? op.invoked + kLongestDelay : op.answered;
}

/// How long after its time memcached may see to an expiry or a flush: its clock ticks once a
/// second and may lag another one.
inline constexpr Nanoseconds kClockSlack = 3'000'000'000;

/// Everything that happened. Reads list the writes of which the value they saw
/// is made: the put first, then whatever extended it.
struct History {
  std::vector<Op> ops;
  std::vector<WriteId> parts;
  std::uint32_t counters_from = kAllKeys;  ///< keys from here on hold numbers
};

}  // namespace bmc::lin

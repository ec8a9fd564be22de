// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a command needs to compose a request: keys, fresh values that carry the
// writer's name, and what this writer has seen with a CAS unique.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/keys.h"
#include "client/rhythm.h"
#include "history/clock.h"
#include "history/op.h"
#include "history/value.h"

namespace bmc::lin {

struct Seen {
  Nanoseconds at;  ///< when it was asked for
  std::uint64_t cas;
  std::vector<WriteId> parts;
  std::uint64_t number;
};

class Author {
 public:
  Author(const Keys& keys, std::uint8_t writer, std::uint64_t seed, bool too_large_values)
      : keys_(keys),
        random_(seed),
        too_large_values_(too_large_values),
        writer_(writer),
        next_id_(std::uint32_t{writer} << 24 | 1) {}

  const Keys& keys() const { return keys_; }
  Random& random() { return random_; }
  std::uint8_t writer() const { return writer_; }
  bool one_in(std::uint32_t n) { return below(random_, n) == 0; }

  WriteId new_id() {
    if (next_id_ >> 24 != writer_) std::abort();  // 16 million writes of one client
    return next_id_++;
  }

  // ---- whose turn it is

  std::uint32_t key_to_read() { return keys_.draw_any(random_); }
  std::uint32_t key_to_write() {
    return in_season([&] { return keys_.draw_any(random_); });
  }
  std::uint32_t value_to_write() {
    return in_season([&] { return keys_.draw_value(random_); });
  }
  std::uint32_t counter_to_count(bool up) {
    const std::uint32_t key = in_season([&] { return keys_.draw_counter(random_); });
    return keys_.counts_up(key) == up ? key : keys_.neighbour(key);
  }
  std::uint32_t key_to_remove() {
    std::uint32_t key = key_to_write();
    for (int i = 0; i < kDraws && is_steady(key) && !one_in(100); i++) key = key_to_write();
    return key;
  }

  /// A CAS unique that was seen of a key in season; none if there is none.
  std::optional<std::pair<std::uint32_t, Seen>> take_seen() {
    const Nanoseconds now = clock_ns();
    for (auto it = seen.begin(); it != seen.end(); ++it) {
      if (is_in_season(it->first, now)) {
        auto node = seen.extract(it);
        return std::pair{node.key(), std::move(node.mapped())};
      }
    }
    return std::nullopt;
  }

  // ---- what is written

  /// A put's value: numbers on counters, tokens elsewhere; some too long for one reply.
  std::string put_value(std::uint32_t key, WriteId id) {
    if (key >= keys_.first_counter()) return std::to_string(counter_base(id));
    const auto name_bytes = static_cast<std::uint32_t>(keys_.name(key).size());
    const std::uint32_t bytes = is_lengthy(key) && one_in(8) ? 1000 + below(random_, 2000)
                                : one_in(4)                  ? below(random_, kLong - name_bytes)
                                                             : below(random_, 120);
    return compose_token(TokenKind::kPut, id, bytes);
  }

  bool writes_too_large_values() const { return too_large_values_; }

  std::uint32_t put_flags(std::uint32_t key, WriteId id) const {
    return key >= keys_.first_counter() ? 0 : flags_of(id);
  }

  /// Mostly none, else 1 to 5 seconds, rarely expired at once.
  std::int32_t ttl(std::uint32_t key) {
    if (!one_in(3)) return kNoTtl;
    if (is_steady(key) && !one_in(100)) return 3 + static_cast<std::int32_t>(below(random_, 3));
    return one_in(20) ? -1 : 1 + static_cast<std::int32_t>(below(random_, 5));
  }

  /// Of a touch: never "for ever" by accident alone.
  std::int32_t touch_ttl(std::uint32_t key) {
    if (is_steady(key) && !one_in(100)) return 3 + static_cast<std::int32_t>(below(random_, 3));
    return one_in(10) ? -1 : one_in(5) ? kNoTtl : 1 + static_cast<std::int32_t>(below(random_, 5));
  }

  std::unordered_map<std::uint32_t, Seen> seen;  ///< by key

 private:
  static constexpr int kDraws = 64;             ///< then any will do
  static constexpr std::uint32_t kLong = 1200;  ///< with some appends it still fits one reply

  template <typename Draw>
  std::uint32_t in_season(Draw draw) {
    const Nanoseconds now = clock_ns();
    std::uint32_t key = draw();
    for (int i = 0; i < kDraws && !is_in_season(key, now); i++) key = draw();
    return key;
  }

  const Keys& keys_;
  Random random_;
  bool too_large_values_;
  std::uint8_t writer_;
  WriteId next_id_;
};

}  // namespace bmc::lin

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a command needs to compose a request: keys, fresh values that carry the
// writer's name, and what this writer has seen with a CAS unique.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "keys.h"
#include "op.h"
#include "value.h"

namespace bmc::random_test {

struct Seen {
  std::uint64_t cas;
  std::vector<WriteId> parts;
  std::uint64_t number;
};

class Author {
 public:
  Author(const Keys& keys, std::uint8_t writer, std::uint64_t seed)
      : keys_(keys), random_(seed), next_id_(std::uint32_t{writer} << 24 | 1) {}

  const Keys& keys() const { return keys_; }
  Random& random() { return random_; }
  bool one_in(std::uint32_t n) { return below(random_, n) == 0; }

  WriteId new_id() { return next_id_++; }

  /// A put's value: numbers on counters, tokens elsewhere; some too long for one reply.
  std::string put_value(std::uint32_t key, WriteId id) {
    if (key >= keys_.first_counter()) return std::to_string(counter_base(id));
    const std::uint32_t bytes = one_in(50) ? 1000 + below(random_, 2000)
                                : one_in(4) ? below(random_, 1300) : below(random_, 120);
    return compose_token(TokenKind::kPut, id, bytes);
  }

  std::uint32_t put_flags(std::uint32_t key, WriteId id) const {
    return key >= keys_.first_counter() ? 0 : flags_of(id);
  }

  /// Mostly none, else 1 to 5 seconds, rarely expired at once.
  std::int32_t ttl() {
    if (!one_in(3)) return kNoTtl;
    return one_in(20) ? -1 : 1 + static_cast<std::int32_t>(below(random_, 5));
  }

  /// Of a touch: never "for ever" by accident alone.
  std::int32_t touch_ttl() {
    return one_in(10) ? -1 : one_in(5) ? kNoTtl : 1 + static_cast<std::int32_t>(below(random_, 5));
  }

  std::unordered_map<std::uint32_t, Seen> seen;  ///< by key

 private:
  const Keys& keys_;
  Random random_;
  WriteId next_id_;
};

}  // namespace bmc::random_test

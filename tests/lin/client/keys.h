// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The keys of one run: values first, then counters. Some are very hot, some are
// as long as memcached allows, and none is of another run.
#pragma once

#include <charconv>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace bmc::lin {

using Random = std::mt19937_64;

inline std::uint32_t below(Random& random, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random() % limit);
}

class Keys {
 public:
  static constexpr std::uint32_t kHot = 8;  ///< of each kind, drawn half of the time

  Keys(std::uint32_t values, std::uint32_t counters, std::uint64_t run) : values_(values) {
    for (std::uint32_t i = 0; i < values + counters; i++) {
      std::string name = fmt::format("r{:x}.{}.", run, i);
      if (i % 11 == 10) name.resize(250, 'x');
      if (i % 11 == 5) name.resize(40 + i % 90, 'y');
      names_.push_back(std::move(name));
    }
  }

  const std::string& name(std::uint32_t key) const { return names_[key]; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(names_.size()); }
  std::uint32_t first_counter() const { return values_; }

  std::uint32_t draw_value(Random& random) const { return draw(random, 0, values_); }
  std::uint32_t draw_counter(Random& random) const { return draw(random, values_, count()); }
  /// Every second counter is counted up, the others down (value.h says why).
  bool counts_up(std::uint32_t counter) const { return (counter - values_) % 2 == 0; }

  /// A counter that is counted the other way; there is an even number of them.
  std::uint32_t neighbour(std::uint32_t counter) const {
    return ((counter - values_) ^ 1) + values_;
  }

  std::uint32_t draw_any(Random& random) const {
    return random() % 4 == 0 ? draw_counter(random) : draw_value(random);
  }

  /// The key of a name that came back; count() if it is none of ours.
  std::uint32_t index_of(std::string_view name) const {
    const std::size_t dot = name.find('.');
    std::uint32_t index = count();
    if (dot != std::string_view::npos) {
      std::from_chars(name.data() + dot + 1, name.data() + name.size(), index);
    }
    return index < count() && names_[index] == name ? index : count();
  }

 private:
  static std::uint32_t draw(Random& random, std::uint32_t from, std::uint32_t to) {
    const bool hot = random() % 2 == 0;
    return from + below(random, hot ? std::min(kHot, to - from) : to - from);
  }

  std::vector<std::string> names_;
  std::uint32_t values_;
};

}  // namespace bmc::lin

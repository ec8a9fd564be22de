// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The keys of every benchmark: number N of a space of fixed-width keys is the
// letter 'k' followed by N in decimal, padded with zeros to the key's width.
// `bench udp`, `bench tcp` and `bench kernel` address the same items whenever
// they are given the same --keys and --key-bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace bmc::bench {

class KeySpace {
 public:
  static constexpr char kPrefix = 'k';
  static constexpr std::size_t kMaxKeyBytes = 250;  // memcached's own limit

  /// Refuses keys too short for the largest number, or longer than memcached takes.
  [[nodiscard]] static Result<KeySpace> make(std::uint64_t count, std::size_t key_bytes);

  std::uint32_t count() const noexcept { return count_; }
  std::size_t key_bytes() const noexcept { return zeros_.size(); }

  /// Writes key_bytes() characters; returns the end of what was written.
  char* write(std::uint32_t number, char* out) const noexcept;
  std::string text(std::uint32_t number) const;

  /// The number of a key of this space, nothing for any other text.
  std::optional<std::uint32_t> number(std::string_view key) const noexcept;

 private:
  KeySpace(std::uint32_t count, std::string zeros) : count_(count), zeros_(std::move(zeros)) {}

  std::uint32_t count_;
  std::string zeros_;  // key 0, the canvas for all others
};

}  // namespace bmc::bench

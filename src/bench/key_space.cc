// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/key_space.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

namespace bmc::bench {

Result<KeySpace> KeySpace::make(std::uint64_t count, std::size_t key_bytes) {
  if (count == 0 || count > std::numeric_limits<std::uint32_t>::max()) {
    return fail(fmt::format("{} keys cannot be numbered", count), 0, "--keys 1 to 4294967295",
                ExitCode::kUsage);
  }
  const std::size_t shortest = 1 + std::to_string(count - 1).size();
  if (key_bytes < shortest || key_bytes > kMaxKeyBytes) {
    return fail(fmt::format("{} keys do not fit keys of {} bytes", count, key_bytes), 0,
                fmt::format("--key-bytes {} to {}", shortest, kMaxKeyBytes), ExitCode::kUsage);
  }
  std::string zeros(key_bytes, '0');
  zeros.front() = kPrefix;
  return KeySpace(static_cast<std::uint32_t>(count), std::move(zeros));
}

char* KeySpace::write(std::uint32_t number, char* out) const noexcept {
  std::memcpy(out, zeros_.data(), zeros_.size());
  char* const end = out + zeros_.size();
  for (char* digit = end; number != 0; number /= 10)
    *--digit = static_cast<char>('0' + number % 10);
  return end;
}

std::string KeySpace::text(std::uint32_t number) const {
  std::string key(key_bytes(), '\0');
  write(number, key.data());
  return key;
}

std::optional<std::uint32_t> KeySpace::number(std::string_view key) const noexcept {
  if (key.size() != key_bytes() || key.front() != kPrefix) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : key.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    if (number >= count_) return std::nullopt;
  }
  return static_cast<std::uint32_t>(number);
}

}  // namespace bmc::bench

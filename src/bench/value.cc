// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/value.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/random.h"

namespace bmc::bench {
namespace {

struct Header {
  std::uint32_t key;
  std::uint32_t checksum;
  std::uint64_t version_overlap;
  std::uint32_t expires_s;
};
constexpr std::size_t kHeaderBytes = 20;
static_assert(kHeaderBytes == kMinValueBytes && offsetof(Header, expires_s) == 16);

constexpr unsigned kOverlapBits = 10;
constexpr std::uint64_t kMaxOverlap = (1u << kOverlapBits) - 1;

// The filler is a stretch of this pool, from an offset that the header's
// checksum chooses; long values run through it repeatedly.
constexpr std::size_t kOffsets = 4096;
constexpr std::size_t kStretch = 16384;

std::array<char, kOffsets + kStretch> make_pool() {
  std::array<char, kOffsets + kStretch> pool{};
  Random random(0x626d63);
  for (char& c : pool) c = static_cast<char>(random.next());
  // A parser that looks for the protocol inside of data finds plenty.
  constexpr std::string_view kBait =
      "\r\nEND\r\nVALUE k0 0 1\r\nx\r\nSTORED\r\nset k0 0 0 1\r\nflush_all\r\n";
  for (std::size_t at = 64; at + kBait.size() < pool.size(); at += 256) {
    std::memcpy(pool.data() + at, kBait.data(), kBait.size());
  }
  return pool;
}

const std::array<char, kOffsets + kStretch> kPool = make_pool();

std::uint32_t checksum(const Header& header, std::size_t value_bytes) {
  const std::uint64_t a = mix64(header.version_overlap ^ (std::uint64_t{header.key} << 32));
  const std::uint64_t b = mix64(a ^ (std::uint64_t{header.expires_s} << 32) ^ value_bytes);
  return static_cast<std::uint32_t>(b);
}

const char* filler(std::uint32_t checksum) {
  return kPool.data() + checksum % kOffsets;
}

}  // namespace

void write_value(const ValueStamp& stamp, std::span<char> out) noexcept {
  const std::uint64_t overlap = std::min(stamp.version - stamp.since, kMaxOverlap);
  Header header{stamp.key, 0, stamp.version << kOverlapBits | overlap, stamp.expires_s};
  header.checksum = checksum(header, out.size());
  std::memcpy(out.data(), &header, kHeaderBytes);
  const char* const source = filler(header.checksum);
  for (std::size_t at = kHeaderBytes; at < out.size(); at += kStretch) {
    std::memcpy(out.data() + at, source, std::min(kStretch, out.size() - at));
  }
}

std::expected<ValueStamp, ValueFault> read_value(std::string_view value) noexcept {
  if (value.size() < kHeaderBytes) return std::unexpected(ValueFault::kTooShort);
  Header header;
  std::memcpy(&header, value.data(), kHeaderBytes);
  if (header.checksum != checksum(header, value.size())) {
    return std::unexpected(ValueFault::kForeign);
  }
  const char* const expected = filler(header.checksum);
  for (std::size_t at = kHeaderBytes; at < value.size(); at += kStretch) {
    if (std::memcmp(value.data() + at, expected, std::min(kStretch, value.size() - at)) != 0) {
      return std::unexpected(ValueFault::kCorrupted);
    }
  }
  const std::uint64_t version = header.version_overlap >> kOverlapBits;
  const std::uint64_t overlap = header.version_overlap & kMaxOverlap;
  // A full counter says only "at least so many": nothing is known then.
  const std::uint64_t since = overlap == kMaxOverlap ? 0 : version - overlap;
  return ValueStamp{header.key, version, since, header.expires_s};
}

}  // namespace bmc::bench

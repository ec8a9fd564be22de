// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/value.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/random.h"

namespace bmc::bench {
namespace {

constexpr std::size_t kLongHeader = 20;
constexpr std::size_t kShortHeader = 10;
static_assert(kShortHeader == kMinValueBytes);

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

/// What a header says, in either form.
struct Header {
  std::uint32_t key = 0;
  std::uint32_t checksum = 0;
  std::uint64_t version_overlap = 0;
  std::uint32_t expires_s = 0;
};

std::size_t header_bytes(std::size_t value_bytes) {
  return value_bytes < kLongHeader ? kShortHeader : kLongHeader;
}

std::uint32_t checksum(const Header& header, std::size_t value_bytes) {
  const std::uint64_t a = mix64(header.version_overlap ^ (std::uint64_t{header.key} << 32));
  const std::uint64_t b = mix64(a ^ (std::uint64_t{header.expires_s} << 32) ^ value_bytes);
  return static_cast<std::uint32_t>(value_bytes < kLongHeader ? b & 0xffff : b);
}

void write_header(const Header& header, std::span<char> out) {
  if (out.size() < kLongHeader) {
    std::memcpy(&out[0], &header.version_overlap, 8);
    std::memcpy(&out[8], &header.checksum, 2);
    return;
  }
  std::memcpy(&out[0], &header.key, 4);
  std::memcpy(&out[4], &header.checksum, 4);
  std::memcpy(&out[8], &header.version_overlap, 8);
  std::memcpy(&out[16], &header.expires_s, 4);
}

Header read_header(std::string_view value, std::uint32_t key) {
  Header header;
  if (value.size() < kLongHeader) {
    header.key = key;
    std::memcpy(&header.version_overlap, &value[0], 8);
    std::memcpy(&header.checksum, &value[8], 2);
    return header;
  }
  std::memcpy(&header.key, &value[0], 4);
  std::memcpy(&header.checksum, &value[4], 4);
  std::memcpy(&header.version_overlap, &value[8], 8);
  std::memcpy(&header.expires_s, &value[16], 4);
  return header;
}

const char* filler(std::uint32_t checksum) {
  return kPool.data() + checksum % kOffsets;
}

}  // namespace

void write_value(const ValueStamp& stamp, std::span<char> out) noexcept {
  const std::uint64_t overlap = std::min(stamp.version - stamp.since, kMaxOverlap);
  Header header{.key = stamp.key, .version_overlap = stamp.version << kOverlapBits | overlap};
  if (out.size() >= kLongHeader) header.expires_s = stamp.expires_s;
  header.checksum = checksum(header, out.size());
  write_header(header, out);
  const char* const source = filler(header.checksum);
  for (std::size_t at = header_bytes(out.size()); at < out.size(); at += kStretch) {
    std::memcpy(out.data() + at, source, std::min(kStretch, out.size() - at));
  }
}

std::expected<ValueStamp, ValueFault> read_value(std::string_view value,
                                                 std::uint32_t key) noexcept {
  if (value.size() < kMinValueBytes) return std::unexpected(ValueFault::kTooShort);
  const Header header = read_header(value, key);
  if (header.checksum != checksum(header, value.size())) {
    return std::unexpected(ValueFault::kForeign);
  }
  const char* const expected = filler(header.checksum);
  for (std::size_t at = header_bytes(value.size()); at < value.size(); at += kStretch) {
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

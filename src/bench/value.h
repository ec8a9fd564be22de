// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The values of every benchmark certify themselves: a header names the key and
// the version, the rest is filler that the header determines, and a checksum
// covers header, key and length. So any value that comes back can be verified
// down to its last byte by whoever reads it, without knowing who wrote it.
//
//   0  u32 key number      4  u32 checksum      8  u64 version << 10 | overlap
//  16  u32 expiry, Unix seconds, 0 for never   20  filler
//
// Values below 20 bytes have a header of ten: the version, and 16 bits of the
// checksum. They name their key by the checksum alone, and no expiry.
//
// All in the byte order of the machine: writer and reader are one program. The
// filler is not text: it contains line ends, NULs and words of the protocol.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace bmc::bench {

inline constexpr std::size_t kMinValueBytes = 10;
inline constexpr std::size_t kMaxValueBytes = 1 << 20;

struct ValueStamp {
  std::uint32_t key = 0;
  /// Grows with every write of the key, also from run to run.
  std::uint64_t version = 0;
  /// The oldest version that was still being written when this one began: once
  /// this value was seen, no value older than that may be seen (see versions.h).
  std::uint64_t since = 0;
  /// When the item expires, 0 for never.
  std::uint32_t expires_s = 0;

  bool operator==(const ValueStamp&) const = default;
};

/// Fills the whole of @out, at least kMinValueBytes long.
void write_value(const ValueStamp& stamp, std::span<char> out) noexcept;

enum class ValueFault {
  kTooShort,   ///< no room for the header
  kForeign,    ///< the checksum is wrong: not written by a benchmark, damaged, cut or extended
  kCorrupted,  ///< the header is right, the filler is not
};

/// The stamp of a value that is right in every byte, if it is one of @key. A long
/// value that is right but for its key tells which one it belongs to.
std::expected<ValueStamp, ValueFault> read_value(std::string_view value,
                                                 std::uint32_t key) noexcept;

/// Every item's flags are determined by its key, so that they are verified as well.
constexpr std::uint32_t value_flags(std::uint32_t key) noexcept {
  return key % 10;
}

}  // namespace bmc::bench

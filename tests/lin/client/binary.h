// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The part of memcached's binary protocol that the randomized test speaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <endian.h>

namespace bmc::lin::binary {

struct Header {
  std::uint8_t magic;
  std::uint8_t opcode;
  std::uint16_t key_bytes;
  std::uint8_t extra_bytes;
  std::uint8_t data_type;
  std::uint16_t status;
  std::uint32_t body_bytes;
  std::uint32_t opaque;
  std::uint64_t cas;
};
static_assert(sizeof(Header) == 24);

enum Opcode : std::uint8_t {
  kSet = 0x01, kAdd = 0x02, kReplace = 0x03, kDelete = 0x04, kIncrement = 0x05,
  kDecrement = 0x06, kNoop = 0x0a, kGetK = 0x0c, kAppend = 0x0e, kPrepend = 0x0f, kSetQ = 0x11,
  kAddQ = 0x12, kDeleteQ = 0x14, kIncrementQ = 0x15, kAppendQ = 0x19, kTouch = 0x1c, kGat = 0x1d,
};

enum Status : std::uint16_t { kOk = 0, kNotFound = 1, kExists = 2, kTooLarge = 3, kNotStored = 5 };

inline bool is_counter(std::uint8_t opcode) {
  return opcode == kIncrement || opcode == kDecrement;
}

inline bool is_read(std::uint8_t opcode) {
  return opcode == kGetK || opcode == kGat;
}

template <typename Number>
void put(std::string& out, Number big_endian) {
  out.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
}

inline std::string request(Opcode opcode, std::string_view key, std::string_view extras = {},
                           std::string_view value = {}) {
  const Header header{
      .magic = 0x80,
      .opcode = opcode,
      .key_bytes = htobe16(static_cast<std::uint16_t>(key.size())),
      .extra_bytes = static_cast<std::uint8_t>(extras.size()),
      .data_type = 0,
      .status = 0,
      .body_bytes = htobe32(static_cast<std::uint32_t>(extras.size() + key.size() + value.size())),
      .opaque = 0,
      .cas = 0,
  };
  std::string bytes;
  put(bytes, header);
  return bytes.append(extras).append(key).append(value);
}

inline std::string store_extras(std::uint32_t flags, std::uint32_t exptime) {
  std::string extras;
  put(extras, htobe32(flags));
  put(extras, htobe32(exptime));
  return extras;
}

inline std::string counter_extras(std::uint64_t delta) {
  std::string extras;
  put(extras, htobe64(delta));
  put(extras, std::uint64_t{0});
  put(extras, std::uint32_t{0xffffffff});  // fail if the key is absent
  return extras;
}

inline std::string touch_extras(std::uint32_t exptime) {
  std::string extras;
  put(extras, htobe32(exptime));
  return extras;
}

}  // namespace bmc::lin::binary

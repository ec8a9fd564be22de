// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Any frame at both hooks: it passes as it came, or gets the right answer to
// what a careful reader finds in it. The mutator mends checksums every other
// time, or nothing would get past them.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/instance.h"

using namespace bmc;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t room);

namespace {

void require(const std::string& objection, const reference::Bytes& frame) {
  if (objection.empty()) return;
  std::fprintf(stderr, "%s\nframe: %s\n", objection.c_str(), reference::hex(frame).c_str());
  std::abort();
}

host::Instance& instance() {
  static host::Instance* const filled = [] {
    auto* made = new host::Instance;
    for (const std::string key : {"a", "b", "ab", "key", "key1", "key2", "a_key_of_some_length"}) {
      made->put(key, reference::Item{.flags = 7, .data = "value of " + key, .cas = 1234567890123});
    }
    made->put("long", reference::Item{.flags = 0, .data = std::string(1200, 'l')});
    made->put("empty", reference::Item{.flags = 0, .data = ""});
    return made;
  }();
  return *filled;
}

/// Lengths and checksums as the bytes that follow want them, if headers are
/// where build() puts them.
void mend(reference::Bytes& frame) {
  reference::Datagram shape;
  if (frame.size() < 14) return;
  std::size_t type = 12;
  if (frame[12] == 0x81 && frame[13] == 0x00) {
    shape.vlans = {0};
    type = 16;
  }
  if (frame.size() < type + 2) return;
  if (frame[type] == 0x86) {
    shape.source = reference::address_of("2001:db8::1");
    shape.target = reference::address_of("2001:db8::2");
  }
  const std::size_t ip = reference::ip_offset(shape), udp = reference::udp_offset(shape);
  if (frame.size() < udp + 8) return;
  const std::size_t bytes = frame.size() - udp;
  const std::size_t field = reference::is_v4(shape.target) ? ip + 2 : ip + 4;
  const std::size_t covered = reference::is_v4(shape.target) ? frame.size() - ip : bytes;
  frame[field] = static_cast<std::uint8_t>(covered >> 8);
  frame[field + 1] = static_cast<std::uint8_t>(covered);
  frame[udp + 4] = static_cast<std::uint8_t>(bytes >> 8);
  frame[udp + 5] = static_cast<std::uint8_t>(bytes);
  reference::fix_checksums(frame, shape);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t room, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, room);
  if (seed & 1) return size;
  reference::Bytes frame(data, data + size);
  mend(frame);
  std::memcpy(data, frame.data(), frame.size());
  return frame.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 14 || size > 2000) return 0;
  const reference::Bytes frame(data, data + size);
  const auto datagram = reference::take_apart_request(frame);
  const bool is_partial = datagram && datagram->checksum == reference::Checksum::kPartial;
  for (const host_hook hook : {HOST_XDP, HOST_TC}) {
    const host::Verdict verdict = instance().run(hook, frame, hook == HOST_TC && is_partial);
    require(instance().objection(frame, verdict), frame);
  }
  return 0;
}

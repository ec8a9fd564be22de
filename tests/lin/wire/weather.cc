// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wire/weather.h"

#include <netinet/in.h>

#include <map>
#include <string>

namespace bmc::lin {
namespace {

constexpr std::size_t kEthernet = 14;

std::uint8_t byte_at(std::span<const std::byte> frame, std::size_t at) {
  return at < frame.size() ? std::to_integer<std::uint8_t>(frame[at]) : 0;
}

/// Of an IP packet without extension headers; 0 of any other frame.
std::uint8_t protocol_of(std::span<const std::byte> frame) {
  const unsigned type = byte_at(frame, 12) << 8U | byte_at(frame, 13);
  if (type == 0x0800) return byte_at(frame, kEthernet + 9);
  if (type == 0x86dd) return byte_at(frame, kEthernet + 6);
  return 0;
}

}  // namespace

bool parse_weather(std::istream& words, Weather& weather) {
  weather = {};
  const std::map<std::string, double*> fields{{"drop", &weather.drop},
                                              {"duplicate", &weather.duplicate},
                                              {"delay", &weather.delay},
                                              {"damage", &weather.damage},
                                              {"delay_ms", &weather.delay_ms}};
  std::string word;
  while (words >> word) {
    const auto field = fields.find(word);
    if (field == fields.end() || !(words >> *field->second)) return false;
  }
  return true;
}

bool may_be_duplicated(std::span<const std::byte> frame, bool is_request) {
  const std::uint8_t protocol = protocol_of(frame);
  return protocol == IPPROTO_TCP || (protocol == IPPROTO_UDP && !is_request);
}

std::vector<std::chrono::microseconds> Sky::fate(Frame& frame, bool is_request) {
  counts_.frames++;
  if (happens(weather_.drop)) {
    counts_.dropped++;
    return {};
  }
  if (happens(weather_.damage)) damage(frame);
  std::vector<std::chrono::microseconds> copies{lateness()};
  if (happens(weather_.duplicate) && may_be_duplicated(frame, is_request)) {
    counts_.duplicated++;
    copies.push_back(lateness());
  }
  return copies;
}

void Sky::damage(Frame& frame) {
  if (frame.size() <= kEthernet) return;
  counts_.damaged++;
  const std::size_t bit = random_() % ((frame.size() - kEthernet) * 8);
  frame[kEthernet + bit / 8] ^= std::byte{1} << (bit % 8);
}

std::chrono::microseconds Sky::lateness() {
  if (!happens(weather_.delay)) return std::chrono::microseconds{0};
  counts_.delayed++;
  const auto longest = static_cast<std::int64_t>(weather_.delay_ms * 1000) + 1;
  return std::chrono::microseconds{1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(longest))};
}

}  // namespace bmc::lin

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wire/weather.h"

#include <netinet/in.h>

#include <map>
#include <string>
#include <string_view>

namespace bmc::lin {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIpv6 = 40;
constexpr std::size_t kUdp = 8;
constexpr std::size_t kMemcachedUdp = 8;

std::uint8_t byte_at(std::span<const std::byte> frame, std::size_t at) {
  return at < frame.size() ? std::to_integer<std::uint8_t>(frame[at]) : 0;
}

/// Of an IP packet without extension headers: the protocol, and where its header begins.
std::pair<std::uint8_t, std::size_t> transport(std::span<const std::byte> frame) {
  const unsigned type = byte_at(frame, 12) << 8U | byte_at(frame, 13);
  if (type == 0x0800) {
    return {byte_at(frame, kEthernet + 9), kEthernet + (byte_at(frame, kEthernet) & 15U) * 4};
  }
  if (type == 0x86dd) return {byte_at(frame, kEthernet + 6), kEthernet + kIpv6};
  return {0, 0};
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
  const auto [protocol, at] = transport(frame);
  if (protocol == IPPROTO_TCP) return true;
  if (protocol != IPPROTO_UDP) return false;
  if (!is_request) return true;
  const std::size_t payload = at + kUdp + kMemcachedUdp;
  if (frame.size() < payload + 4) return false;
  return std::string_view(reinterpret_cast<const char*>(frame.data()) + payload, 4) == "get ";
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

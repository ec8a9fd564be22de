// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace bmc {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

}  // namespace

Address Address::from_ipv4(const void* bytes) {
  Address address;
  std::copy(kMapped.begin(), kMapped.end(), address.raw.bytes);
  std::memcpy(address.raw.bytes + kMapped.size(), bytes, 4);
  return address;
}

Address Address::from_ipv6(const void* bytes) {
  Address address;
  std::memcpy(address.raw.bytes, bytes, sizeof(address.raw.bytes));
  return address;
}

Result<Address> Address::parse(std::string_view text) {
  const std::string word(text);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, word.c_str(), bytes.data()) == 1) return from_ipv4(bytes.data());
  if (inet_pton(AF_INET6, word.c_str(), bytes.data()) == 1) return from_ipv6(bytes.data());
  return fail(fmt::format("'{}' is not an IP address", text), 0,
              "write it like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32", ExitCode::kUsage);
}

bool Address::is_ipv4() const {
  return std::equal(kMapped.begin(), kMapped.end(), raw.bytes);
}

bool Address::is_any() const {
  const auto* rest = raw.bytes + (is_ipv4() ? kMapped.size() : 0);
  return std::all_of(rest, raw.bytes + sizeof(raw.bytes), [](std::uint8_t b) { return b == 0; });
}

bool Address::is_loopback() const {
  if (is_ipv4()) return raw.bytes[12] == 127;
  return std::all_of(raw.bytes, raw.bytes + 15, [](std::uint8_t b) { return b == 0; }) &&
         raw.bytes[15] == 1;
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = is_ipv4();
  inet_ntop(ipv4 ? AF_INET : AF_INET6, raw.bytes + (ipv4 ? kMapped.size() : 0), text.data(),
            text.size());
  return text.data();
}

Result<bmc_client> parse_client(std::string_view text) {
  std::string_view rest = text;
  const bool has_prefix = text.find('/') != std::string_view::npos;
  const auto address = Address::parse(cut(rest, '/'));
  if (!address) return std::unexpected(address.error());
  const unsigned most = address->is_ipv4() ? 32 : 128;
  unsigned bits = most;
  if (has_prefix) {
    const auto number = parse_number<unsigned>(rest);
    if (!number || *number > most) {
      return fail(fmt::format("'{}' has no prefix length of 0 to {}", text, most), 0,
                  "--clients 192.0.2.0/24", ExitCode::kUsage);
    }
    bits = *number;
  }
  bmc_client client{};
  client.prefix_bits = address->is_ipv4() ? kMappedBits + bits : bits;
  client.address = address->raw;
  return client;
}

Result<std::vector<bmc_client>> parse_clients(std::string_view text) {
  std::vector<bmc_client> clients;
  while (!text.empty()) {
    const auto client = parse_client(cut(text, ','));
    if (!client) return std::unexpected(client.error());
    clients.push_back(*client);
  }
  return clients;
}

}  // namespace bmc

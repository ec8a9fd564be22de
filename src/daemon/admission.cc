// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/admission.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "bpf/map_keys.h"

namespace bmc {
namespace {

constexpr unsigned kMappedBits = 96;
constexpr bmc_address kMappedIpv4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

bool bit(const bmc_address& address, unsigned index) {
  return (address.bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

/// All of it and more: 0.0.0.0/0 is that range itself.
bool holds_mapped_ipv4(const bmc_client& client) {
  if (client.prefix_bits >= kMappedBits) return false;
  for (unsigned i = 0; i < client.prefix_bits; i++) {
    if (bit(client.address, i) != bit(kMappedIpv4, i)) return false;
  }
  return true;
}

/// The network of so many bits that differs from the range's own only in the last of them.
bmc_client network_beside_mapped_ipv4(unsigned bits) {
  bmc_client client{};
  client.prefix_bits = bits;
  const unsigned last = bits - 1;
  for (unsigned i = 0; i < bits; i++) {
    const bool is_set = bit(kMappedIpv4, i) != (i == last);
    if (is_set) client.address.bytes[i / 8] |= static_cast<std::uint8_t>(0x80 >> (i % 8));
  }
  return client;
}

/// Makes the map's keys these. Returns whether any changed.
template <typename Key>
Result<bool> replace_keys(int map_fd, std::vector<Key> wanted) {
  static_assert(std::has_unique_object_representations_v<Key>);
  const auto less = [](const Key& a, const Key& b) { return std::memcmp(&a, &b, sizeof(a)) < 0; };
  std::vector<Key> present = map_keys<Key>(map_fd), gone, added;
  std::ranges::sort(wanted, less);
  std::ranges::sort(present, less);
  std::ranges::set_difference(present, wanted, std::back_inserter(gone), less);
  std::ranges::set_difference(wanted, present, std::back_inserter(added), less);
  for (const Key& key : gone) bpf_map_delete_elem(map_fd, &key);
  const std::uint32_t yes = 1;
  for (const Key& key : added) {
    if (bpf_map_update_elem(map_fd, &key, &yes, BPF_ANY) != 0) {
      return fail("cannot tell the kernel side whom to serve", errno);
    }
  }
  return !gone.empty() || !added.empty();
}

}  // namespace

std::vector<Address> served_addresses(const std::vector<Socket>& udp,
                                      const std::vector<LocalAddress>& local) {
  std::vector<Address> addresses;
  for (const Socket& socket : udp) {
    if (!socket.local.is_any()) {
      addresses.push_back(socket.local);
      continue;
    }
    // memcached sets IPV6_V6ONLY, so each family has a socket of its own.
    for (const LocalAddress& each : local) {
      if (each.address.is_ipv4() != socket.is_ipv6) addresses.push_back(each.address);
    }
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

void forget_admissions(const KernelSide& kernel) {
  atomic(kernel.state().admission_gen).fetch_add(1);
}

std::vector<bmc_client> leave_out_mapped_ipv4(const std::vector<bmc_client>& clients) {
  std::vector<bmc_client> kept;
  for (const bmc_client& client : clients) {
    if (!holds_mapped_ipv4(client)) {
      kept.push_back(client);
      continue;
    }
    for (unsigned bits = client.prefix_bits + 1; bits <= kMappedBits; bits++) {
      kept.push_back(network_beside_mapped_ipv4(bits));
    }
  }
  return kept;
}

Result<void> Admission::set_clients(const std::vector<bmc_client>& clients) {
  const auto changed = replace_keys(kernel_.fd(Map::kClients), leave_out_mapped_ipv4(clients));
  if (!changed) return std::unexpected(changed.error());
  if (*changed) forget_admissions(kernel_);
  return {};
}

Result<void> Admission::refresh() {
  const auto local = list_local_addresses();
  if (!local) return std::unexpected(local.error());
  addresses_ = served_addresses(udp_, *local);
  std::vector<bmc_address> wanted;
  for (const Address& address : addresses_) wanted.push_back(address.raw);
  const auto changed = replace_keys(kernel_.fd(Map::kLocals), std::move(wanted));
  if (!changed) return std::unexpected(changed.error());
  if (*changed) forget_admissions(kernel_);
  return {};
}

}  // namespace bmc

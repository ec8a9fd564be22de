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

Result<void> Admission::set_clients(const std::vector<bmc_client>& clients) {
  const auto changed = replace_keys(kernel_.fd(Map::kClients), clients);
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

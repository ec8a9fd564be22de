// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/admission.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bpf/map_keys.h"

namespace bmc {
namespace {

bool same_client(const bmc_client& a, const bmc_client& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

bool same_address(const bmc_address& a, const bmc_address& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

/// Makes the map's keys these. Returns whether any changed.
template <typename Key, typename Same>
Result<bool> replace_keys(int map_fd, const std::vector<Key>& wanted, Same same) {
  const auto holds = [&](const std::vector<Key>& keys, const Key& key) {
    return std::any_of(keys.begin(), keys.end(), [&](const Key& each) { return same(each, key); });
  };
  bool changed = false;
  const auto present = map_keys<Key>(map_fd);
  for (const Key& key : present) {
    if (holds(wanted, key)) continue;
    bpf_map_delete_elem(map_fd, &key);
    changed = true;
  }
  const std::uint32_t yes = 1;
  for (const Key& key : wanted) {
    if (holds(present, key)) continue;
    if (bpf_map_update_elem(map_fd, &key, &yes, BPF_ANY) != 0) {
      return fail("cannot tell the kernel side whom to serve", errno);
    }
    changed = true;
  }
  return changed;
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
  const auto changed = replace_keys(kernel_.fd(Map::kClients), clients, same_client);
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
  const auto changed = replace_keys(kernel_.fd(Map::kLocals), wanted, same_address);
  if (!changed) return std::unexpected(changed.error());
  if (*changed) forget_admissions(kernel_);
  return {};
}

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/vlan_offload.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/fd.h"

namespace bmc {

bool takes_tags_out(const std::string& interface) {
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_value flags{.cmd = ETHTOOL_GFLAGS, .data = 0};
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&flags);
  return ::ioctl(any.get(), SIOCETHTOOL, &request) == 0 && (flags.data & ETH_FLAG_RXVLAN) != 0;
}

void mark_hidden_tags(std::vector<Interface>& interfaces,
                      const std::function<bool(const std::string&)>& takes_out) {
  for (Interface& each : interfaces) {
    const bool has_vlans =
        std::any_of(interfaces.begin(), interfaces.end(),
                    [&](const Interface& other) { return other.vlan_of == each.index; });
    each.hides_tags = has_vlans && takes_out(each.name);
  }
}

}  // namespace bmc

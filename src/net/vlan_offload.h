// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Network cards that take the VLAN tag out of a frame and tell it beside: XDP programs see the
// frame without, and would take it for one of another network.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/interface.h"

namespace bmc {

/// Whether the interface does so: rx-vlan-offload of `ethtool -k`.
bool takes_tags_out(const std::string& interface);

/// Sets hides_tags of the interfaces on which VLANs stand and which take tags out.
void mark_hidden_tags(std::vector<Interface>& interfaces,
                      const std::function<bool(const std::string&)>& takes_out = takes_tags_out);

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What `bmc run` was asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpf/object.h"
#include "net/hook.h"

namespace bmc {

struct RunOptions {
  std::string name;      ///< of the instance
  ObjectOptions object;  ///< port and memory among them
  std::vector<std::string> interfaces;
  HookChoice hook = HookChoice::kAuto;
  std::vector<bmc_client> clients;  ///< admitted without memcached having answered them (I10)

  std::uint16_t port() const { return object.port; }
};

}  // namespace bmc

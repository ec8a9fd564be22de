// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "host/serve.h"
#include "reference/block.h"

namespace bmc::host {

/// Caches an item as the daemon does, under a lease: 0 or the error that the program returned.
inline int fill_item(std::uint64_t hash, const std::string& key, const reference::Item& item) {
  const std::string text = reference::value_text(key, item);
  bmc_fill fill{};
  fill.lease.hash = hash;
  host_lease(&fill.lease);
  fill.block = reference::block_of(key, item, text, 0);
  fill.text = reinterpret_cast<std::uint64_t>(text.data());
  host_fill(&fill);
  return fill.lease.result;
}

}  // namespace bmc::host

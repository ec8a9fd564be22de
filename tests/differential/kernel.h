// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The kernel side on the host, with a cache that is filled as the daemon fills
// it, and a tap that is shown what the recorder saw.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bmc/abi.h"
#include "host/connection.h"
#include "items.h"
#include "server.h"

namespace bmc::differential {

class Kernel {
 public:
  /// Empty, for a memcached with this clock.
  explicit Kernel(const Clock& clock);

  /// What a daemon does: takes a lease, asks memcached, and fills with what
  /// that has said.
  bmc_lease lease(const std::string& key) const;
  void fill(const std::string& key, const Item& item, const bmc_lease& lease);

  /// The tap is shown a change of the test's connection.
  void show(const Event& event);

  /// The tap is shown @to, of the same length, for @from at the front of a read.
  void forge(std::string from, std::string to) { forged_ = {std::move(from), std::move(to)}; }

  /// Why the cache must not hold what it holds of this key, if memcached has
  /// answered this. Empty if all is well.
  std::string objection(const std::string& key, const std::optional<Item>& item) const;
  bool holds(const std::string& key) const { return cached(key) != nullptr; }

  bool is_open() const { return connection_ != nullptr; }
  bool was_lost() const { return was_lost_; }

  /// What is wrong with how it ended: when a connection is closed nothing is
  /// left of it, and no reply went out behind what the tap took for the last.
  std::string objection_to_end() const;

 private:
  const bmc_block* cached(const std::string& key) const;

  Clock clock_;
  std::unique_ptr<host::Connection> connection_;
  std::pair<std::string, std::string> forged_;
  bool was_lost_ = false;
  bool has_misfit_ = false;
};

}  // namespace bmc::differential

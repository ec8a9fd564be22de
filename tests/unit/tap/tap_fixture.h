// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

// The tap on the host with two keys in the cache: what a connection does to them.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "host/connection.h"
#include "host/follow.h"
#include "host/serve.h"

namespace bmc::host {

constexpr std::uint64_t kBuffer = 16384;  // memcached's, for commands

class TapTest : public testing::Test {
 protected:
  TapTest() {
    load_for_following({"k", "l"});
    connection_.emplace();
  }

  ~TapTest() override {
    connection_.reset();
    EXPECT_EQ(what_remains(), "");
  }

  static bool is_open(const std::string& key) {
    return host_state()->global_opens > 0 || host_bucket(bucket_of(key))->opens > 0;
  }

  static const bmc_block* cached(const std::string& key) {
    return host_cached(hash_for_following(key));
  }

  /// "": not cached.
  static std::string cached_text(const std::string& key) {
    const bmc_block* block = cached(key);
    return block ? std::string(reinterpret_cast<const char*>(block) + BMC_BLOCK_HEADER,
                               block->text_bytes)
                 : "";
  }

  void received(const std::string& bytes) { connection_->received(bytes, kBuffer); }
  void sent(const std::string& reply) { connection_->sent(reply); }

  std::optional<Connection> connection_;
};

}  // namespace bmc::host

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// When writes of a connection are over (coherence.md 2).
#include <gtest/gtest.h>

#include <optional>

#include "host/connection.h"
#include "host/follow.h"
#include "host/serve.h"

namespace bmc::host {
namespace {

constexpr std::uint64_t kAsked = 16384;

class TapStream : public testing::Test {
 protected:
  TapStream() {
    load_for_following({"k"});
    connection_.emplace();
  }

  static bool is_open(const std::string& key) {
    return host_state()->global_opens > 0 || host_bucket(bucket_of(key))->opens > 0;
  }

  void received(const std::string& bytes) { connection_->received(bytes, kAsked); }

  std::optional<Connection> connection_;
};

TEST_F(TapStream, AWriteIsOverWithItsAnswer) {
  received("delete k\r\n");
  EXPECT_TRUE(is_open("k"));
  connection_->sent("DELETED\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStream, AWriteWithoutAnAnswerIsOverWhenMoreIsAskedFor) {
  received("delete k noreply\r\n");
  EXPECT_TRUE(is_open("k"));
  received("get k\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStream, AStoreIsOpenUntilItsDataIsThere) {
  received("set k 0 0 5\r\n");
  received("hel");
  EXPECT_TRUE(is_open("k"));
  received("lo\r\n");
  EXPECT_TRUE(is_open("k"));
  connection_->sent("STORED\r\n");
  EXPECT_FALSE(is_open("k"));
}

TEST_F(TapStream, AGatThatIsTooLongToBeKeptIsOpenUntilItIsWhole) {
  received("gat 0 " + std::string(250, 'a') + " " + std::string(250, 'b') + " " +
           std::string(250, 'c'));
  EXPECT_TRUE(is_open("k"));
  received(" k");
  EXPECT_TRUE(is_open("k"));
  received(" l\r\n");
  EXPECT_TRUE(is_open("k"));
  connection_->sent("END\r\n");
  received("version\r\n");
  EXPECT_FALSE(is_open("k"));
}

}  // namespace
}  // namespace bmc::host

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/plan.h"

#include <gtest/gtest.h>

namespace bmc::sr {
namespace {

using Words = std::vector<std::string>;

TEST(Plan, IsMemcachedsWithoutOptions) {
  const Plan plan = read_plan({});
  EXPECT_FALSE(plan.uses_udp);
  EXPECT_FALSE(plan.uses_unix_socket);
  EXPECT_FALSE(plan.only_informs);
  EXPECT_EQ(plan.threads, 4);
  EXPECT_TRUE(plan.addresses.empty());
}

TEST(Plan, ReadsOptionsInEveryForm) {
  for (const Words& words :
       {Words{"-U", "11211", "-t", "2", "-l", "::1"}, Words{"-U11211", "-t2", "-l::1"},
        Words{"-vvU", "11211", "-kt", "2", "-rl", "::1"},
        Words{"--udp-port=11211", "--threads=2", "--listen=::1"},
        Words{"--udp-port", "11211", "--threads", "2", "--listen", "::1"}}) {
    const Plan plan = read_plan(words);
    EXPECT_TRUE(plan.uses_udp) << words.front();
    EXPECT_EQ(plan.threads, 2) << words.front();
    EXPECT_EQ(plan.addresses, Words{"::1"}) << words.front();
  }
}

TEST(Plan, TakesNoValueForAnOption) {
  EXPECT_FALSE(read_plan({"-u", "-U11211"}).uses_udp);
  EXPECT_FALSE(read_plan({"-o", "-s"}).uses_unix_socket);
  EXPECT_FALSE(read_plan({"-P", "-V"}).only_informs);
}

TEST(Plan, PassesOverOptionsThatItDoesNotKnow) {
  EXPECT_TRUE(read_plan({"--future", "-9", "--also=1", "-U", "11211"}).uses_udp);
}

TEST(Plan, TheLastOfSeveralCounts) {
  EXPECT_FALSE(read_plan({"-U", "11211", "-U", "0"}).uses_udp);
  EXPECT_TRUE(read_plan({"-U", "0", "-U", "11211"}).uses_udp);
}

TEST(Plan, ARandomPortIsAPort) {
  EXPECT_TRUE(read_plan({"-U", "-1"}).uses_udp);
}

TEST(CheckPlan, AllowsSemicolonsAndHintsAtThem) {
  EXPECT_TRUE(check_plan(read_plan({"-U", "1", "-l", "192.0.2.1;::1"})));
  const auto commas = check_plan(read_plan({"-U", "1", "-l", "192.0.2.1,::1", "-l", "::2"}));
  ASSERT_FALSE(commas);
  EXPECT_EQ(commas.error().code, ExitCode::kUsage);
  EXPECT_EQ(commas.error().hint, "-l '192.0.2.1;::1;::2'");
}

}  // namespace
}  // namespace bmc::sr

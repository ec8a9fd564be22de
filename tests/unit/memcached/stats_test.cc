// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/stats.h"

#include <gtest/gtest.h>

#include <string>

#include "memcached/settings.h"

namespace bmc {
namespace {

Stats stats_of(const std::string& lines) {
  auto parsed = parse_stats(lines + "END\r\n");
  EXPECT_EQ(parsed.state, Parse::kWhole) << lines;
  return parsed.value;
}

TEST(Stats, ReadsNamesAndValues) {
  const Stats stats = stats_of("STAT uptime 12\r\nSTAT version 1.6.18\r\nSTAT empty \r\n");
  EXPECT_EQ(stats.number("uptime"), 12u);
  EXPECT_EQ(stats.text("version"), "1.6.18");
  EXPECT_EQ(stats.text("empty"), "");
  EXPECT_FALSE(stats.number("version"));
  EXPECT_FALSE(stats.number("absent"));
  EXPECT_TRUE(stats.has_prefix("up"));
  EXPECT_FALSE(stats.has_prefix("extstore_"));
}

TEST(Stats, WaitsForTheEnd) {
  const std::string whole = "STAT a 1\r\nSTAT b 2\r\nEND\r\n";
  for (std::size_t n = 0; n < whole.size(); n++) {
    EXPECT_EQ(parse_stats(whole.substr(0, n)).state, Parse::kPartial) << n;
  }
  EXPECT_EQ(parse_stats(whole + "rest").bytes, whole.size());
}

TEST(Stats, DistrustsOtherLines) {
  EXPECT_EQ(parse_stats("ERROR\r\n").state, Parse::kMalformed);
  EXPECT_EQ(parse_stats("STAT a 1\r\nVALUE k 0 1\r\n").state, Parse::kMalformed);
}

Result<ServerFacts> judge(const std::string& settings, const std::string& version = "1.6.18") {
  return judge_settings(stats_of("STAT num_threads 4\r\nSTAT domain_socket NULL\r\n" + settings),
                        stats_of("STAT version " + version + "\r\n"));
}

TEST(Settings, StockMemcachedIsAccepted) {
  const auto facts = judge("STAT binding_protocol auto-negotiate\r\nSTAT ssl_enabled no\r\n");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->workers, 4u);
  EXPECT_EQ(facts->version, "1.6.18");
  EXPECT_TRUE(facts->reservations.empty());
}

TEST(Settings, WhatCannotBeFollowedIsRefusedWithARemedy) {
  for (const char* setting :
       {"ssl_enabled yes", "proxy_enabled yes", "auth_enabled_sasl yes", "auth_enabled_ascii yes",
        "binding_protocol binary", "binding_protocol ascii"}) {
    const auto facts = judge("STAT " + std::string(setting) + "\r\n");
    ASSERT_FALSE(facts) << setting;
    EXPECT_FALSE(facts.error().hint.empty()) << setting;
  }
}

TEST(Settings, UnixSocketAndExtstoreAreRefused) {
  const Stats version = stats_of("STAT version 1.6.18\r\n");
  EXPECT_FALSE(judge_settings(
      stats_of("STAT num_threads 4\r\nSTAT domain_socket /run/memcached.sock\r\n"), version));
  EXPECT_FALSE(judge_settings(stats_of("STAT num_threads 4\r\nSTAT domain_socket NULL\r\n"),
                              stats_of("STAT version 1.6.18\r\nSTAT extstore_page_allocs 1\r\n")));
}

TEST(Settings, VersionsWithoutMetaCommandsAreRefused) {
  EXPECT_FALSE(judge("", "1.5.22"));
  EXPECT_TRUE(judge("", "1.6.0"));
  EXPECT_TRUE(judge("", "1.10.1"));
  EXPECT_FALSE(judge("", "unknown"));
}

TEST(Settings, WithoutCasIsReserved) {
  const auto facts = judge("STAT cas_enabled no\r\n");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->reservations.size(), 1u);
}

}  // namespace
}  // namespace bmc

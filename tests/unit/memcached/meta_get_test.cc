// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/meta_get.h"

#include <gtest/gtest.h>

namespace bmc {
namespace {

using Kind = MetaValue::Kind;

TEST(MetaGet, RequestNamesTheFlagsInTheirOrder) {
  std::string request;
  append_meta_get(request, "foo");
  append_meta_get(request, "bar");
  EXPECT_EQ(request, "mg foo t f v c s k\r\nmg bar t f v c s k\r\n");
}

TEST(MetaGet, ReadsAValueWithAllItsFlags) {
  const std::string received =
      "VA 5 t100 f4294967295 c18446744073709551615 s5 kfoo\r\na\r\nb!\r\nEN\r\n";
  const auto answer = parse_meta_value(received);
  ASSERT_EQ(answer.state, Parse::kWhole);
  EXPECT_EQ(answer.bytes, received.size() - 4);
  EXPECT_EQ(answer.value.kind, Kind::kValue);
  EXPECT_EQ(answer.value.key, "foo");
  EXPECT_EQ(answer.value.data, "a\r\nb!");
  EXPECT_EQ(answer.value.client_flags, 4294967295u);
  EXPECT_EQ(answer.value.cas, 18446744073709551615u);
  EXPECT_EQ(answer.value.ttl_s, 100);
}

TEST(MetaGet, WaitsForEveryByte) {
  const std::string whole = "VA 3 t-1 f0 c1 s3 kk\r\nabc\r\n";
  for (std::size_t n = 0; n < whole.size(); n++) {
    EXPECT_EQ(parse_meta_value(whole.substr(0, n)).state, Parse::kPartial) << n;
  }
  EXPECT_EQ(parse_meta_value(whole).state, Parse::kWhole);
}

TEST(MetaGet, KnowsAMissWithAndWithoutItsKey) {
  for (const char* text : {"EN\r\n", "EN kfoo\r\n"}) {
    const auto answer = parse_meta_value(text);
    ASSERT_EQ(answer.state, Parse::kWhole) << text;
    EXPECT_EQ(answer.value.kind, Kind::kMiss) << text;
  }
}

TEST(MetaGet, RefusesItemsThatMustNotBeCached) {
  for (const char* text : {
           "VA 1 t-1 f0 c1 s1 kk W\r\nx\r\n",        // we won the right to recache it
           "VA 1 t-1 f0 c1 s1 kk X\r\nx\r\n",        // stale
           "VA 1 t-1 f0 c1 s1 kk X Z\r\nx\r\n",      // stale, and won by another
           "VA 1 t-1 f0 c1 s1 kk b\r\nx\r\n",        // a binary key
           "VA 1 t4294967230 f0 c1 s1 kk\r\nx\r\n",  // the TTL wrapped around
           "VA 1 t2147483648 f0 c1 s1 kk\r\nx\r\n",
           "VA 1 t-2 f0 c1 s1 kk\r\nx\r\n",
       }) {
    const auto answer = parse_meta_value(text);
    ASSERT_EQ(answer.state, Parse::kWhole) << text;
    EXPECT_EQ(answer.value.kind, Kind::kRefuse) << text;
    EXPECT_EQ(answer.bytes, std::string_view(text).size()) << text;
  }
}

TEST(MetaGet, DistrustsAnyOtherForm) {
  for (const char* text : {
           "VALUE k 0 1\r\nx\r\n", "HD t-1\r\n", "VA x t-1 f0 c1 s1 kk\r\nx\r\n",
           "VA -1 t-1 f0 c1 s1 kk\r\nx\r\n",
           "VA 1 t-1 f0 c1 s2 kk\r\nx\r\n",      // sizes that differ
           "VA 1 t-1 f0 c1 s1\r\nx\r\n",         // no key
           "VA 1 t-1 t-1 f0 c1 s1 kk\r\nx\r\n",  // a flag twice
           "VA 1 t-1  f0 c1 s1 kk\r\nx\r\n", "VA 1 t-1 f4294967296 c1 s1 kk\r\nx\r\n",
           "VA 1 t-1 f0 c1 s1 kk\r\nxyz",  // no line end behind the data
       }) {
    EXPECT_EQ(parse_meta_value(text).state, Parse::kMalformed) << text;
  }
}

TEST(MetaGet, TakesErrorsAsAnswers) {
  for (const char* text : {"ERROR\r\n", "CLIENT_ERROR bad\r\n", "SERVER_ERROR out of memory\r\n"}) {
    const auto answer = parse_meta_value(text);
    ASSERT_EQ(answer.state, Parse::kWhole) << text;
    EXPECT_EQ(answer.value.kind, Kind::kError) << text;
  }
}

TEST(MetaGet, DoesNotWaitForEverForALine) {
  EXPECT_EQ(parse_meta_value(std::string(600, 'V')).state, Parse::kMalformed);
}

TEST(TextKey, IsOneTo250BytesWithoutBlanksAndControls) {
  EXPECT_TRUE(is_text_key("k"));
  EXPECT_TRUE(is_text_key(std::string(250, '\xff')));
  EXPECT_FALSE(is_text_key(""));
  EXPECT_FALSE(is_text_key(std::string(251, 'k')));
  for (const char* key : {"a b", "a\tb", "a\x7f", "a\n", "\x01"}) EXPECT_FALSE(is_text_key(key));
  EXPECT_FALSE(is_text_key(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace bmc

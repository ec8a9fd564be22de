// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Reply lines: told apart by exactly what they are.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "tap/reply.h"

namespace bmc::tap {
namespace {

u32 kind_of(const std::string& line) {
  u8 bytes[512];
  std::memset(bytes, 'S', sizeof(bytes));
  std::memcpy(bytes, line.data(), line.size());
  return reply_kind(bytes, static_cast<u32>(line.size()));
}

TEST(TapReply, LinesAreKnown) {
  EXPECT_EQ(kind_of("STORED\r\n"), REPLY_STORED);
  EXPECT_EQ(kind_of("NOT_STORED\r\n"), REPLY_NOT_STORED);
  EXPECT_EQ(kind_of("EXISTS\r\n"), REPLY_EXISTS);
  EXPECT_EQ(kind_of("NOT_FOUND\r\n"), REPLY_NOT_FOUND);
  EXPECT_EQ(kind_of("DELETED\r\n"), REPLY_DELETED);
  EXPECT_EQ(kind_of("TOUCHED\r\n"), REPLY_TOUCHED);
  EXPECT_EQ(kind_of("OK\r\n"), REPLY_OK);
  EXPECT_EQ(kind_of("0\r\n"), REPLY_NUMBER);
  EXPECT_EQ(kind_of("18446744073709551615\r\n"), REPLY_NUMBER);
  EXPECT_EQ(kind_of("HD\r\n"), REPLY_HD);
  EXPECT_EQ(kind_of("HD kfoo Oabc c12\r\n"), REPLY_HD);
  EXPECT_EQ(kind_of("NF\r\n"), REPLY_NOT_DONE);
  EXPECT_EQ(kind_of("NS kfoo\r\n"), REPLY_NOT_DONE);
  EXPECT_EQ(kind_of("EX\r\n"), REPLY_NOT_DONE);
  EXPECT_EQ(kind_of("MN\r\n"), REPLY_MN);
}

TEST(TapReply, ErrorsAreErrors) {
  for (const char* line : {"ERROR\r\n", "ERROR cannot pipeline\r\n", "CLIENT_ERROR bad data chunk\r\n",
                           "SERVER_ERROR out of memory storing object\r\n"})
    EXPECT_EQ(kind_of(line), REPLY_ERROR) << line;
}

TEST(TapReply, WhatOnlyBeginsLikeALineIsAnother) {
  for (const char* line : {"STORED \r\n", "STORED\n", "STOREDX\r\n", "STOR\r\n", "HDX\r\n", "HD\n",
                           "MN \r\n", "EXISTS!\r\n", "VALUE k 0 1\r\n", "END\r\n", "\r\n", "OK \r\n",
                           "NOT_STORE\r\n", "VA 1\r\n", "EN\r\n"})
    EXPECT_EQ(kind_of(line), REPLY_OTHER) << line;
}

TEST(TapReply, NoErrorIsAsLongAsAReplyThatIsKnownByItsLength) {
  const u32 all = REPLY_OF_CAS | REPLY_DELETED | REPLY_TOUCHED | REPLY_OK | REPLY_OF_META;
  for (const char* line :
       {"STORED\r\n", "NOT_STORED\r\n", "EXISTS\r\n", "NOT_FOUND\r\n", "DELETED\r\n",
        "TOUCHED\r\n", "OK\r\n", "HD\r\n", "NS\r\n", "NF\r\n", "EX\r\n"})
    EXPECT_TRUE(reply_length_fits(static_cast<u32>(std::strlen(line)), kind_of(line))) << line;
  EXPECT_FALSE(reply_length_fits(7, all));  // ERROR
  for (u32 bytes = 13; bytes < 2000; bytes++) EXPECT_FALSE(reply_length_fits(bytes, all));
  EXPECT_FALSE(reply_length_fits(8, REPLY_DELETED | REPLY_NOT_FOUND));
  EXPECT_FALSE(reply_length_fits(9, REPLY_OF_CAS));
}

}  // namespace
}  // namespace bmc::tap

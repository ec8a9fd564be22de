// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "client/reply.h"

#include <gtest/gtest.h>

#include "client/base64.h"
#include "client/binary.h"

namespace bmc::lin {
namespace {

std::optional<Reply> take(std::string bytes, Framing framing = Framing::kText) {
  return take_reply(framing, bytes);
}

TEST(ReplyTest, WordsBecomeStatuses) {
  EXPECT_EQ(take("STORED\r\n")->status, Status::kDone);
  EXPECT_EQ(take("NOT_STORED\r\n")->status, Status::kRefused);
  EXPECT_EQ(take("NOT_FOUND\r\n")->status, Status::kAbsent);
  EXPECT_EQ(take("EXISTS\r\n")->status, Status::kRefused);
  EXPECT_EQ(take("EN\r\n")->status, Status::kAbsent);
  EXPECT_EQ(take("END\r\n")->status, Status::kAbsent);
  EXPECT_EQ(take("SERVER_ERROR object too large for cache\r\n")->status, Status::kTooLarge);
  EXPECT_EQ(take("SERVER_ERROR out of memory storing object\r\n")->status, Status::kFailed);
  EXPECT_EQ(take("ERROR\r\n")->status, Status::kFailed);
}

TEST(ReplyTest, ValuesMayContainAnything) {
  std::string bytes = "VALUE a 5 7\r\nEND\r\n!!\r\nVALUE b 0 0 99\r\n\r\nEND\r\nOK\r\n";
  const auto reply = take_reply(Framing::kText, bytes);
  ASSERT_EQ(reply->values.size(), 2u);
  EXPECT_EQ(reply->values[0].data, "END\r\n!!");
  EXPECT_EQ(reply->values[0].flags, 5u);
  EXPECT_EQ(reply->values[1].cas, 99u);
  EXPECT_EQ(bytes, "OK\r\n");
}

TEST(ReplyTest, ACutReplyIsNotTaken) {
  const std::string whole = "VALUE a 5 7\r\nEND\r\n!!\r\nEND\r\n";
  for (std::size_t size = 0; size < whole.size(); size++) {
    EXPECT_FALSE(take(whole.substr(0, size))) << size;
  }
  EXPECT_TRUE(take(whole));
}

TEST(ReplyTest, MetaValuesShowTheirFlags) {
  const auto reply = take("VA 3 f12 c34 kkey Oabc s3\r\nxyz\r\n");
  ASSERT_EQ(reply->values.size(), 1u);
  EXPECT_EQ(reply->values[0].data, "xyz");
  EXPECT_EQ(reply->values[0].flags, 12u);
  EXPECT_EQ(reply->values[0].cas, 34u);
  EXPECT_EQ(reply->values[0].key, "key");
}

TEST(ReplyTest, QuietCommandsEndAtTheirBarrier) {
  EXPECT_EQ(take("MN\r\n", Framing::kTextUntilMn)->status, Status::kSilent);
  EXPECT_EQ(take("NS\r\nMN\r\n", Framing::kTextUntilMn)->status, Status::kRefused);
  EXPECT_EQ(take("VA 1\r\nx\r\nMN\r\n", Framing::kTextUntilMn)->values.size(), 1u);
  EXPECT_FALSE(take("NS\r\n", Framing::kTextUntilMn));
}

TEST(ReplyTest, BinaryCountersTellTheirNumber) {
  binary::Header header{};
  header.magic = 0x81;
  header.opcode = binary::kIncrement;
  header.body_bytes = htobe32(8);
  std::string bytes;
  binary::put(bytes, header);
  binary::put(bytes, htobe64(77));
  EXPECT_EQ(take(bytes, Framing::kBinary)->number, 77u);
  EXPECT_FALSE(take(bytes.substr(0, 31), Framing::kBinary));
}

TEST(Base64Test, EncodesAllPaddings) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace bmc::lin

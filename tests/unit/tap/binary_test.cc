// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Binary headers: lengths must be exactly those of the opcode.
#include <gtest/gtest.h>

#include "understood.h"

namespace bmc::tap {
namespace {

struct Header {
  uint8_t opcode;
  uint32_t extras = 0;
  std::string key = {};
  uint32_t data = 0;
  int surplus = 0;  // of the body length
};

std::string bytes_of(const Header& h) {
  const uint32_t body = h.extras + static_cast<uint32_t>(h.key.size()) + h.data + h.surplus;
  std::string out(24, '\0');
  out[0] = '\x80';
  out[1] = static_cast<char>(h.opcode);
  out[2] = static_cast<char>(h.key.size() >> 8);
  out[3] = static_cast<char>(h.key.size());
  out[4] = static_cast<char>(h.extras);
  for (int i = 0; i < 4; i++) out[8 + i] = static_cast<char>(body >> (24 - 8 * i));
  return out + std::string(h.extras, 'e') + h.key;
}

Understood read(const Header& header) {
  Understood result(bytes_of(header), 33);
  result.scan_binary();
  return result;
}

TEST(TapBinary, WritesNameTheirKeyAndData) {
  const Understood set = read({.opcode = 0x01, .extras = 8, .key = "key", .data = 100});
  ASSERT_EQ(set.line(), LINE_WHOLE);
  EXPECT_EQ(set.what().kind, COMMAND_WRITE);
  EXPECT_EQ(set.key(), "key");
  EXPECT_EQ(set.what().data_bytes, 100u);
  EXPECT_EQ(set.what().answer, ANSWER_HEADER);
  EXPECT_EQ(set.what().opcode, 0x01);
  EXPECT_EQ(set.taken(), 24u + 8 + 3);
}

TEST(TapBinary, EveryOpcodeIsWhatItDoes) {
  for (uint32_t opcode = 0; opcode < 256; opcode++) {
    int kind = COMMAND_NONE;
    for (const uint32_t extras : {0u, 4u, 8u, 20u})
      for (const char* key : {"", "k"}) {
        const Understood got =
            read({.opcode = static_cast<uint8_t>(opcode), .extras = extras, .key = key});
        if (got.line() == LINE_WHOLE) kind = got.what().kind;
      }
    int expected = COMMAND_NONE;
    if (opcode <= 0x1a || (opcode >= 0x1c && opcode <= 0x1e) || opcode == 0x23 || opcode == 0x24)
      expected = COMMAND_WRITE;
    for (const uint32_t reads : {0x00u, 0x07u, 0x09u, 0x0au, 0x0bu, 0x0cu, 0x0du, 0x10u, 0x17u})
      if (opcode == reads) expected = COMMAND_HARMLESS;
    if (opcode == 0x08 || opcode == 0x18) expected = COMMAND_FLUSH;
    EXPECT_EQ(kind, expected) << opcode;
  }
}

TEST(TapBinary, LengthsThatAreNotTheOpcodesAreOdd) {
  EXPECT_EQ(read({.opcode = 0x04, .key = "k", .surplus = 1}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x04, .key = "k", .surplus = -1}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x04, .extras = 4, .key = "k"}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x04}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x01, .key = "k"}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x0a, .key = "k"}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x00, .key = std::string(251, 'k')}).line(), LINE_ODD);
  EXPECT_EQ(read({.opcode = 0x00, .key = std::string(250, 'k')}).line(), LINE_WHOLE);
  EXPECT_EQ(read({.opcode = 0x08, .extras = 0}).line(), LINE_WHOLE);
  EXPECT_EQ(read({.opcode = 0x08, .extras = 4}).line(), LINE_WHOLE);
  EXPECT_EQ(read({.opcode = 0x01, .extras = 8, .key = "k", .surplus = -2}).line(), LINE_ODD);
}

TEST(TapBinary, OnlyStoresHaveData) {
  for (uint32_t opcode = 0; opcode < 256; opcode++) {
    bool takes = false;
    for (const uint32_t extras : {0u, 4u, 8u, 20u})
      for (const char* key : {"", "k"})
        takes |= read({.opcode = static_cast<uint8_t>(opcode), .extras = extras, .key = key, .data = 1})
                     .line() == LINE_WHOLE;
    const bool stores = (opcode >= 0x01 && opcode <= 0x03) || (opcode >= 0x11 && opcode <= 0x13) ||
                        opcode == 0x0e || opcode == 0x0f || opcode == 0x19 || opcode == 0x1a;
    EXPECT_EQ(takes, stores) << opcode;
  }
}

TEST(TapBinary, IsOpenUntilTheKeyIsThere) {
  const std::string whole = bytes_of({.opcode = 0x05, .extras = 20, .key = "key"});
  for (size_t bytes = 0; bytes <= whole.size(); bytes++) {
    Understood cut(std::string_view(whole).substr(0, bytes));
    EXPECT_EQ(cut.scan_binary().line(), bytes == whole.size() ? LINE_WHOLE : LINE_OPEN) << bytes;
  }
}

TEST(TapBinary, AnotherMagicByteIsOddAtOnce) {
  Understood text("set k 0 0 1\r\n");
  EXPECT_EQ(text.scan_binary().line(), LINE_ODD);
  Understood response("\x81");
  EXPECT_EQ(response.scan_binary().line(), LINE_ODD);
}

TEST(TapBinary, AnAnswerIsOneHeaderOfTheOpcode) {
  std::string response(24, '\0');
  response[0] = '\x81';
  response[1] = 0x01;
  const auto answers = [&](uint8_t opcode) {
    return binary_answers(reinterpret_cast<const u8*>(response.data()),
                          static_cast<u32>(response.size()), opcode);
  };
  EXPECT_TRUE(answers(0x01));
  EXPECT_FALSE(answers(0x02));
  response[7] = 0x02;  // key exists
  EXPECT_TRUE(answers(0x01));
  response[7] = 0x03;  // too large
  EXPECT_FALSE(answers(0x01));
  response[7] = 0;
  response[11] = 5;  // a body that is not there
  EXPECT_FALSE(answers(0x01));
  response += "hello";
  EXPECT_TRUE(answers(0x01));
  response[0] = '\x80';
  EXPECT_FALSE(answers(0x01));
}

}  // namespace
}  // namespace bmc::tap

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Lines: cut into words if they are of the strict form, and only then.
#include <gtest/gtest.h>

#include "understood.h"

namespace bmc::tap {
namespace {

Understood cut(std::string_view line) {
  Understood result(line);
  result.scan_line();
  return result;
}

TEST(TapLine, IsCutIntoWords) {
  const Understood line = cut("set key 1 2 3\r\nabc\r\n");
  ASSERT_EQ(line.line(), LINE_WHOLE);
  ASSERT_EQ(line.words(), 5u);
  EXPECT_EQ(line.word(0), "set");
  EXPECT_EQ(line.word(1), "key");
  EXPECT_EQ(line.word(4), "3");
  EXPECT_EQ(line.taken(), 15u);
}

TEST(TapLine, MayEndInABareNewline) {
  const Understood line = cut("version\nget");
  EXPECT_EQ(line.line(), LINE_WHOLE);
  EXPECT_EQ(line.word(0), "version");
  EXPECT_EQ(line.taken(), 8u);
}

TEST(TapLine, TakesAnyByteAboveSpaceButDelete) {
  for (int byte = 0; byte < 256; byte++) {
    const std::string text = std::string("ab") + static_cast<char>(byte) + "cdefghijkl\r\n";
    const bool fits = byte > 0x20 && byte != 0x7f;
    if (byte == ' ' || byte == '\n') continue;  // they part words and lines
    EXPECT_EQ(cut(text).line(), fits ? LINE_WHOLE : LINE_ODD) << byte;
  }
}

TEST(TapLine, IsOddWithSpacesThatPartNothing) {
  for (const char* text : {" a\r\n", "a \r\n", "a  b\r\n", "\r\n", "\n", " \r\n", "a \n"})
    EXPECT_EQ(cut(text).line(), LINE_ODD) << text;
}

TEST(TapLine, IsOddWithACarriageReturnInside) {
  EXPECT_EQ(cut("a\rb\r\n").line(), LINE_ODD);
  EXPECT_EQ(cut("a\r\r\n").line(), LINE_ODD);
}

TEST(TapLine, IsOpenWhereverItIsCutOff) {
  const std::string whole = "delete some-key-of-a-client noreply\r\n";
  for (size_t bytes = 0; bytes < whole.size(); bytes++)
    EXPECT_EQ(cut(whole.substr(0, bytes)).line(), LINE_OPEN) << bytes;
  EXPECT_EQ(cut(whole).line(), LINE_WHOLE);
}

TEST(TapLine, FillsTheWindowToTheLastByte) {
  const std::string longest(INPUT_BYTES - 2, 'k');
  EXPECT_EQ(cut(longest + "\r\n").line(), LINE_WHOLE);
  EXPECT_EQ(cut(longest + "k\n").line(), LINE_WHOLE);
  EXPECT_EQ(cut(longest + "kk").line(), LINE_OPEN);
  EXPECT_EQ(cut(longest + "k\r").line(), LINE_OPEN);
}

TEST(TapLine, CountsMoreWordsThanItKeeps) {
  std::string text = "gat 0";
  for (int i = 0; i < 300; i++) text += " k" + std::to_string(i);
  const Understood line = cut(text + "\r\n");
  EXPECT_EQ(line.line(), LINE_WHOLE);
  EXPECT_EQ(line.words(), 302u);
  EXPECT_EQ(line.word(2), "k0");
}

TEST(TapLine, SkipsToTheNextNewline) {
  using std::string_view_literals::operator""sv;
  Understood whole("a\tb  \0c \r\nset"sv, 7);
  EXPECT_EQ(whole.skip_line().line(), LINE_WHOLE);
  EXPECT_EQ(whole.taken(), 10u);
  Understood open("a\tb  \0c \r"sv, 7);
  EXPECT_EQ(open.skip_line().line(), LINE_OPEN);
  EXPECT_EQ(open.taken(), 9u);
}

TEST(TapNumber, IsCanonicalDecimalOnly) {
  for (const char* odd : {"18446744073709551616", "18446744073709551620", "99999999999999999999",
                          "01", "+1", "-1", "1a", "0x1", "00", "123456789012345678901"})
    EXPECT_EQ(understood("incr k " + std::string(odd) + "\r\n").what().kind, COMMAND_NONE) << odd;
  for (const char* fine : {"0", "1", "18446744073709551615"})
    EXPECT_EQ(understood("incr k " + std::string(fine) + "\r\n").what().kind, COMMAND_WRITE);
}

}  // namespace
}  // namespace bmc::tap

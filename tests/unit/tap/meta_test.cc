// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Meta commands: which flags make a write of an mg, what an ms may carry.
#include <gtest/gtest.h>

#include "understood.h"

namespace bmc::tap {
namespace {

TEST(TapMeta, GetsThatOnlyReadAreHarmless) {
  for (const char* line : {"mg k\r\n", "mg k v\r\n", "mg k f k s v q Oabc t c h l u\r\n",
                           "mg azE= v b\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_HARMLESS) << line;
}

TEST(TapMeta, GetsThatChangeAnythingAreWrites) {
  for (char flag = 'A'; flag <= 'z'; flag++) {
    if (flag > 'Z' && flag < 'a') continue;
    const Understood get = understood(std::string("mg k v ") + flag + "1\r\n");
    const bool reads = std::string_view("fksvqOtchlub").find(flag) != std::string_view::npos;
    if (flag == 'b' || flag == 'v') continue;
    EXPECT_EQ(get.what().kind, reads ? COMMAND_HARMLESS : COMMAND_WRITE) << flag;
    EXPECT_EQ(get.what().answer, reads && flag != 'q' ? ANSWER_VALUES_OR_END : ANSWER_OTHER);
  }
  EXPECT_EQ(understood("mg k v 5\r\n").what().kind, COMMAND_WRITE);
}

TEST(TapMeta, AStoreHasData) {
  const Understood store = understood("ms k 5 F9 T100 k\r\n");
  EXPECT_EQ(store.what().kind, COMMAND_WRITE);
  EXPECT_EQ(store.key(), "k");
  EXPECT_EQ(store.what().data_bytes, 5u);
  EXPECT_EQ(store.text_of(store.what().flags), "9");
  EXPECT_EQ(store.text_of(store.what().size), "5");
  EXPECT_EQ(store.what().exptime, 100);
  EXPECT_EQ(store.what().answer, ANSWER_LINE);
  EXPECT_TRUE(store.what().is_stageable);
}

TEST(TapMeta, AStoreIsStagedOnlyIfHdMeansThisValue) {
  for (const char* line : {"ms k 1\r\n", "ms k 1 T0\r\n", "ms k 1 k Oabc c\r\n"})
    EXPECT_TRUE(understood(line).what().is_stageable) << line;
  for (const char* line :
       {"ms k 1 MA\r\n", "ms k 1 I C5\r\n", "ms k 1 q\r\n", "ms azE= 1 b\r\n", "ms k 1 T5 T6\r\n",
        "ms k 1 T-1\r\n", "ms k 1 F\r\n", "ms k 1 F4294967296\r\n", "ms k 1 E7\r\n"}) {
    EXPECT_EQ(understood(line).what().kind, COMMAND_WRITE) << line;
    EXPECT_FALSE(understood(line).what().is_stageable) << line;
  }
}

TEST(TapMeta, AStoreWhoseLengthIsNotCertainIsNotUnderstood) {
  for (const char* line : {"ms k\r\n", "ms k 01\r\n", "ms k -1\r\n", "ms k S1\r\n", "ms k 1 Z\r\n",
                           "ms k 2147483646\r\n", "ms k 1\n", "ms k 1 a b c d e f g h i j k l m n o p\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_NONE) << line;
}

TEST(TapMeta, DeletesAndArithmeticAreWritesWhateverTheirFlags) {
  for (const char* line : {"md k\r\n", "md k I T30\r\n", "md k q\r\n", "ma k\r\n", "ma k N0 J5 D2\r\n",
                           "ma k MD v\r\n", "md k Zz\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_WRITE) << line;
}

TEST(TapMeta, AnswersAreCountedOnlyIfTheyAreOneLine) {
  EXPECT_EQ(understood("md k\r\n").what().answer, ANSWER_LINE);
  EXPECT_EQ(understood("md k q\r\n").what().answer, ANSWER_QUIET);
  EXPECT_EQ(understood("ma k v\r\n").what().answer, ANSWER_OTHER);
  EXPECT_EQ(understood("ma k v q\r\n").what().answer, ANSWER_OTHER);
  EXPECT_EQ(understood("mn\r\n").what().answer, ANSWER_MN);
}

TEST(TapMeta, Base64NamesTheDecodedKey) {
  const struct {
    const char* text;
    std::string key;
  } keys[] = {{"Zm9v", "foo"}, {"Zm8=", "fo"}, {"Zg==", "f"}, {"AAEC", std::string("\0\1\2", 3)},
              {"+/+/", "\xfb\xff\xbf"}};
  for (const auto& [text, key] : keys) {
    const Understood command = understood(std::string("md ") + text + " b\r\n");
    ASSERT_EQ(command.what().kind, COMMAND_WRITE) << text;
    EXPECT_EQ(command.key(), key);
  }
}

TEST(TapMeta, Base64ThatDecodersReadDifferentlyIsNotUnderstood) {
  for (const char* text : {"Zm9", "Zm9v!", "Zm9v!!!!", "Z===", "====", "Zg==Zg==", "Zm=v", "=Zm9"})
    EXPECT_EQ(understood(std::string("md ") + text + " b\r\n").what().kind, COMMAND_NONE) << text;
}

TEST(TapMeta, TheLongestBase64KeyIsDecodedWhole) {
  std::string text;
  for (int group = 0; group < 62; group++) text += "YWJj";
  std::string key;
  for (int group = 0; group < 62; group++) key += "abc";
  EXPECT_EQ(understood("md " + text + " b\r\n").key(), key);
}

}  // namespace
}  // namespace bmc::tap

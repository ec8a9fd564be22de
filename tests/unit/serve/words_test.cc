// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/words.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "reference/block.h"

namespace {

u64 word_of(const u8 (&bytes)[8]) {
  u64 word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

bool ends_key(u8 byte) { return byte <= 0x20 || byte == 0x7f; }

// Every byte at every place, in front of and behind every kind of neighbour.
TEST(WordsTest, TheFirstByteThatEndsAKeyIsFound) {
  const u8 inside[] = {0x21, 'k', 0x7e, 0x80, 0xff};
  const u8 behind[] = {0x00, 0x20, 0x21, 0x7f, 0x80, 0xff};
  for (unsigned at = 0; at < 8; at++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      for (const u8 before : inside) {
        for (const u8 after : behind) {
          u8 bytes[8];
          for (unsigned i = 0; i < 8; i++) bytes[i] = i < at ? before : after;
          bytes[at] = static_cast<u8>(byte);
          unsigned expected = 8;
          for (unsigned i = 8; i-- > 0;) expected = ends_key(bytes[i]) ? i : expected;
          const u64 marks = key_end_marks(word_of(bytes));
          ASSERT_EQ(marks != 0, expected != 8);
          if (marks != 0) {
            ASSERT_EQ(first_mark(marks), expected);
          }
        }
      }
    }
  }
}

TEST(WordsTest, FirstMarkCountsBytes) {
  for (unsigned at = 0; at < 8; at++) {
    EXPECT_EQ(first_mark(0x80ull << at * 8), at);
    EXPECT_EQ(first_mark(0x8080808080808080ull << at * 8), at);
  }
}

TEST(WordsTest, LowBytesKeepsThem) {
  const u64 word = 0x8877665544332211;
  EXPECT_EQ(low_bytes(word, 0), 0u);
  EXPECT_EQ(low_bytes(word, 1), 0x11u);
  EXPECT_EQ(low_bytes(word, 7), 0x77665544332211u);
}

/// The sum of a text as serve makes it: by words, the last one zero padded.
u32 sum_by_words(const std::string& text) {
  u64 sum = 0;
  for (std::size_t at = 0; at < text.size(); at += 8) {
    u8 bytes[8] = {};
    std::memcpy(bytes, text.data() + at, std::min<std::size_t>(8, text.size() - at));
    sum = sum_add(sum, word_of(bytes));
  }
  return sum_fold(sum);
}

TEST(WordsTest, SumsByWordsAreTheInternetChecksum) {
  std::mt19937 random(1071);
  for (std::size_t bytes = 0; bytes < 1600; bytes++) {
    std::string text(bytes, '\0');
    for (char& c : text) c = static_cast<char>(random());
    EXPECT_EQ(sum_by_words(text), bmc::reference::text_sum(text)) << bytes;
  }
}

TEST(WordsTest, SumsOfAllOnesDoNotLoseACarry) {
  for (const std::size_t bytes : {1, 2, 7, 8, 9, 1535, 1536}) {
    const std::string text(bytes, '\xff');
    EXPECT_EQ(sum_by_words(text), bmc::reference::text_sum(text)) << bytes;
  }
  EXPECT_EQ(sum_fold(~0ull), 0xffffu);
  EXPECT_EQ(sum_fold(0), 0u);
  EXPECT_EQ(sum_fold(0x10000), 1u);
  EXPECT_EQ(sum_fold(0xfffffffe00000001), sum_fold(0xffffull));
}

TEST(WordsTest, PiecesAddUpWhereverTheyBegin) {
  std::mt19937 random(20210412);
  for (int round = 0; round < 2000; round++) {
    std::string whole;
    u64 sum = 0;
    for (int piece = 0; piece < 5; piece++) {
      std::string text(random() % 40, '\0');
      for (char& c : text) c = static_cast<char>(random());
      sum += sum_at(static_cast<u32>(whole.size()), bmc::reference::text_sum(text));
      whole += text;
    }
    EXPECT_EQ(sum_fold(sum) % 0xffff, bmc::reference::text_sum(whole) % 0xffff);
  }
}

}  // namespace

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The journal and the recorder's file, as they are written and read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "../../differential/record.h"
#include "journal/journal.h"
#include "journal/received.h"

namespace bmc::stream {
namespace {

using differential::Happened;
using differential::Record;

class FilesTest : public testing::Test {
 protected:
  FilesTest()
      : path_(std::filesystem::temp_directory_path() /
              ("bmc-stream-test-" + std::to_string(::getpid()))) {}
  ~FilesTest() override { std::filesystem::remove(path_); }

  std::filesystem::path path_;
};

/// As the recorder writes it.
void put(std::ostream& file, Happened what, std::int32_t fd, std::string_view bytes = {}) {
  const bool has_bytes = what == Happened::kRead;
  const auto length = static_cast<std::uint32_t>(bytes.size());
  const Record record{what, fd, length, 2048, has_bytes ? 1U : 0U, length};
  file.write(reinterpret_cast<const char*>(&record), sizeof record);
  if (!has_bytes) return;
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file.write(bytes.data(), length);
}

TEST_F(FilesTest, AJournalSaysWhatWasWritten) {
  const Request get{.kind = Kind::kGet, .bytes = "get k\r\n", .reply = "x", .is_servable = true};
  const Request set{.kind = Kind::kSet, .bytes = std::string(5000, 's'), .reply = "x"};
  auto writer = JournalWriter::create(path_);
  ASSERT_TRUE(writer);
  writer->sent(8, set);
  writer->sent(3, get);
  writer->sent(8, get);
  writer->ended(8, 4711, Ending::kAllAnswered);
  ASSERT_TRUE(writer->close());
  const auto journal = read_journal(path_);
  ASSERT_TRUE(journal);
  ASSERT_EQ(journal->size(), 2u);
  EXPECT_EQ(journal->at(0).ending, Ending::kNone);
  const Sent& second = journal->at(1);
  EXPECT_EQ(second.stream, 8u);
  EXPECT_EQ(second.local_port, 4711);
  EXPECT_EQ(second.ending, Ending::kAllAnswered);
  ASSERT_EQ(second.requests.size(), 2u);
  EXPECT_EQ(second.requests[0].bytes, 5000u);
  EXPECT_EQ(second.requests[0].hash, hash_of(set.bytes));
  EXPECT_FALSE(second.requests[0].is_servable);
  EXPECT_EQ(second.requests[1].head, "get k\r\n");
  EXPECT_TRUE(second.requests[1].is_servable);
}

TEST_F(FilesTest, ARecordIsTakenApartByConnection) {
  {
    std::ofstream file(path_, std::ios::binary);
    put(file, Happened::kAccept, 30);
    put(file, Happened::kRead, 30, "get ");
    put(file, Happened::kAccept, 31);
    put(file, Happened::kRead, 31, "mn\r\n");
    put(file, Happened::kRead, 30, "k\r\n");
    put(file, Happened::kClose, 30);
    put(file, Happened::kAccept, 30);
    put(file, Happened::kRead, 30, "version\r\n");
  }
  const std::vector<std::string> expected{"get k\r\n", "mn\r\n", "version\r\n"};
  EXPECT_EQ(read_received(path_), expected);
}

TEST_F(FilesTest, OfARecordThatWasCutOffTheRestIsRead) {
  {
    std::ofstream file(path_, std::ios::binary);
    put(file, Happened::kAccept, 30);
    put(file, Happened::kRead, 30, "get k\r\n");
    put(file, Happened::kRead, 30, "get l\r\n");
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 3);
  EXPECT_EQ(read_received(path_), std::vector<std::string>{"get k\r\n"});
}

TEST_F(FilesTest, WhatIsNoRecordIsRefused) {
  EXPECT_FALSE(read_received(path_));
  std::ofstream(path_) << std::string(100, 'x');
  EXPECT_FALSE(read_received(path_));
  EXPECT_FALSE(read_journal(path_.string() + "-none"));
}

TEST(HashTest, EveryBitCounts) {
  const std::string bytes(37, 'x');
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit++) {
    std::string other = bytes;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(hash_of(other), hash_of(bytes)) << bit;
  }
}

}  // namespace
}  // namespace bmc::stream

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/request.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "bench/request_ids.h"
#include "bench/udp_frame.h"
#include "bench/value.h"

namespace bmc::bench {
namespace {

class RequestTextTest : public testing::Test {
 protected:
  std::string text(const Request& request, GetCommand command = GetCommand::kGet) {
    const RequestText writer(keys_, command);
    std::string out(writer.longest(request.reads, request.value_bytes) + 1, '#');
    char* const end = writer.write(request, out.data());
    EXPECT_LT(end, out.data() + out.size()) << "longer than longest() says";
    return {out.data(), end};
  }

  KeySpace keys_ = *KeySpace::make(100'000, 6);
  std::vector<Read> reads_{{7, 0}, {99'999, 0}, {0, 0}};
};

TEST_F(RequestTextTest, GetsNameTheirKeysInOrder) {
  Request get{.kind = Request::Kind::kGet, .reads = 3, .read = reads_.data()};
  EXPECT_EQ(text(get), "get k00007 k99999 k00000\r\n");
  get.reads = 1;
  EXPECT_EQ(text(get), "get k00007\r\n");
  EXPECT_EQ(text(get, GetCommand::kMetaGet), "mg k00007 k f v\r\n");
}

TEST_F(RequestTextTest, SetsCarryAValueThatReadsBack) {
  Request set{.kind = Request::Kind::kSet,
              .reads = 1,
              .read = reads_.data(),
              .write = {500, 498},
              .value_bytes = 50,
              .ttl_s = 0};
  const std::string sent = text(set);
  const std::string line = "set k00007 7 0 50\r\n";
  ASSERT_EQ(sent.size(), line.size() + 52);
  EXPECT_TRUE(sent.starts_with(line));
  EXPECT_TRUE(sent.ends_with("\r\n"));
  EXPECT_EQ(read_value(sent.substr(line.size(), 50), 7), (ValueStamp{7, 500, 498, 0}));
  set.quiet = true;
  EXPECT_TRUE(text(set).starts_with("set k00007 7 0 50 noreply\r\n"));
}

TEST_F(RequestTextTest, ATimeToLiveIsInCommandAndValue) {
  const Request set{.kind = Request::Kind::kSet,
                    .reads = 1,
                    .read = reads_.data(),
                    .value_bytes = 20,
                    .ttl_s = 30};
  const auto now = static_cast<double>(std::time(nullptr));
  const std::string sent = text(set);
  EXPECT_TRUE(sent.starts_with("set k00007 7 30 20\r\n"));
  EXPECT_NEAR(read_value(sent.substr(20, 20), 7)->expires_s, now + 30, 1);
}

TEST(UdpFrame, IsEightBigEndianBytes) {
  char bytes[8];
  EXPECT_EQ(UdpFrame{.request_id = 0x1234}.write(bytes), bytes + 8);
  EXPECT_EQ(std::string_view(bytes, 8), std::string_view("\x12\x34\0\0\0\1\0\0", 8));
}

TEST(UdpFrame, ReadsWhatItWroteAndRefusesNonsense) {
  char bytes[8];
  UdpFrame{.request_id = 0xfedc, .sequence = 2, .total = 3}.write(bytes);
  const auto frame = UdpFrame::read({bytes, 8});
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->request_id, 0xfedc);
  EXPECT_EQ(frame->sequence, 2);
  EXPECT_EQ(frame->total, 3);
  EXPECT_FALSE(UdpFrame::read({bytes, 7}));
  UdpFrame{.sequence = 3, .total = 3}.write(bytes);
  EXPECT_FALSE(UdpFrame::read({bytes, 8}));
}

TEST(RequestIds, LeadToSlotsOfTheirOwn) {
  RequestIds ids(64);
  std::vector<bool> used(ids.slots());
  for (int i = 0; i < 64; i++) {
    const auto id = ids.acquire();
    EXPECT_TRUE(ids.holds(id));
    EXPECT_FALSE(used[ids.slot_of(id)]);
    used[ids.slot_of(id)] = true;
  }
}

TEST(RequestIds, AnAnswerToAReleasedIdBelongsToNobody) {
  RequestIds ids(4);
  const auto first = ids.acquire();
  ids.release(first);
  EXPECT_FALSE(ids.holds(first));
  for (std::size_t i = 0; i < ids.slots(); i++) {
    const auto next = ids.acquire();
    EXPECT_FALSE(ids.holds(first)) << "its slot went to " << next;
    ids.release(next);
  }
}

TEST(RequestIds, AnAbandonedIdRestsUntilItsAnswerCannotCome) {
  RequestIds ids(4);
  const auto lost = ids.acquire();
  ids.abandon(lost);
  const auto comes_back = [&] {
    for (int i = 0; i < 65536; i++) {
      const auto id = ids.acquire();
      ids.release(id);
      if (id == lost) return true;
    }
    return false;
  };
  EXPECT_FALSE(comes_back());
  ids.age();
  EXPECT_FALSE(comes_back());
  ids.age();
  EXPECT_TRUE(comes_back());
}

TEST(RequestIds, LosingEverythingForEverIsSurvived) {
  RequestIds ids(RequestIds::kMaxOutstanding);
  for (int i = 0; i < 200'000; i++) ids.abandon(ids.acquire());
  for (unsigned i = 0; i < RequestIds::kMaxOutstanding; i++) ids.acquire();
}

}  // namespace
}  // namespace bmc::bench

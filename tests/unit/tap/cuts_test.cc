// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// However the network cuts a stream of requests, the tap sees the same writes
// and stands at the same place behind it.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bmc/abi.h"
#include "host/follow.h"

namespace bmc::host {
namespace {

struct Framing {
  std::string bytes;
  std::vector<std::string> writes;
};

const std::vector<std::string> kCached = {"k", "key", "a", "b"};

const std::vector<Framing>& text_framings() {
  static const std::vector<Framing> all = {
      {"set key 0 0 5\r\nhello\r\n", {"key"}},
      {"set key 7 100 0\r\n\r\n", {"key"}},
      {"set key 0 0 2 noreply\r\n\r\n\r\n", {"key"}},
      {"add k 0 0 12\r\ndelete key\r\n\r\n", {"k"}},
      {"replace k 4294967295 -1 1\r\n\n\r\n", {"k"}},
      {"append k 0 0 3\r\n" + std::string("\0\r\n\r\n", 5), {"k"}},
      {"prepend k 0 0 1 noreply\r\nx\r\n", {"k"}},
      {"cas k 0 0 1 18446744073709551615\r\nx\r\n", {"k"}},
      {"cas k 0 0 1 5 noreply\r\nx\r\n", {"k"}},
      {"delete key\r\n", {"key"}},
      {"delete key\n", {"key"}},
      {"delete key 0\r\n", {"key"}},
      {"delete key noreply\r\n", {"key"}},
      {"delete key 0 noreply\n", {"key"}},
      {"incr k 18446744073709551615\r\n", {"k"}},
      {"decr k 1 noreply\r\n", {"k"}},
      {"touch k 0\r\n", {"k"}},
      {"touch k -1 noreply\r\n", {"k"}},
      {"gat 0 k\r\n", {"k"}},
      {"gats 100 k key a b\r\n", {"k", "key", "a", "b"}},
      {"gat 5 " + std::string(250, 'g') + " k\n", {std::string(250, 'g'), "k"}},
      {"get k\r\n", {}},
      {"gets k key\n", {}},
      {"get  odd\tkeys \r\r\n", {}},
      {"version\r\n", {}},
      {"stats settings\r\n", {}},
      {"mn\r\n", {}},
      {"mg k v t\r\n", {}},
      {"mg k T5\r\n", {"k"}},
      {"mg k N0 vivify\r\n", {"k"}},
      {"mg a2V5 b t v E9 q\r\n", {"key"}},
      {"ms k 5 T0 F7 c\r\nhello\r\n", {"k"}},
      {"ms k 0\r\n\r\n", {"k"}},
      {"ms a2V5 2 b q Oopaque I\r\n\r\n\r\n", {"key"}},
      {"ms YQ== 3 b MA\r\nmd \r\n", {"a"}},
      {"ms YWI= 1 k b\r\nx\r\n", {"ab"}},
      {"md k\r\n", {"k"}},
      {"md Yg== q b I T30\r\n", {"b"}},
      {"ma k D5 t v\r\n", {"k"}},
      {"ma a2V5 b MD q\n", {"key"}},
  };
  return all;
}

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; i--) text += static_cast<char>(value >> 8 * i);
  return text;
}

std::string binary(int opcode, const std::string& extras, const std::string& key,
                   const std::string& data) {
  return "\x80" + number(static_cast<std::uint64_t>(opcode), 1) + number(key.size(), 2) +
         number(extras.size(), 1) + number(0, 3) +
         number(extras.size() + key.size() + data.size(), 4) + number(0xdeadbeef, 4) +
         number(0, 8) + extras + key + data;
}

std::vector<Framing> binary_framings() {
  std::vector<Framing> all;
  const std::string none, four(4, '\0'), eight(8, '\0'), twenty(20, '\0');
  for (const int opcode : {0x01, 0x02, 0x03, 0x11, 0x12, 0x13}) {
    all.push_back({binary(opcode, eight, "k", "\x80\x04\r\n"), {"k"}});
    all.push_back({binary(opcode, eight, "key", ""), {"key"}});
  }
  for (const int opcode : {0x0e, 0x0f, 0x19, 0x1a})
    all.push_back({binary(opcode, none, "k", "more"), {"k"}});
  for (const int opcode : {0x04, 0x14})
    all.push_back({binary(opcode, none, "a b\r\n", none), {"a b\r\n"}});
  for (const int opcode : {0x05, 0x06, 0x15, 0x16})
    all.push_back({binary(opcode, twenty, "k", none), {"k"}});
  for (const int opcode : {0x1c, 0x1d, 0x1e, 0x23, 0x24})
    all.push_back({binary(opcode, four, "k", none), {"k"}});
  for (const int opcode : {0x00, 0x09, 0x0c, 0x0d})
    all.push_back({binary(opcode, none, "k", none), {}});
  for (const int opcode : {0x07, 0x0a, 0x0b, 0x10, 0x17})
    all.push_back({binary(opcode, none, none, none), {}});
  return all;
}

class Cutting : public testing::Test {
 protected:
  Cutting() { load_for_following(kCached); }

  static std::vector<std::uint32_t> buckets(const std::vector<std::string>& keys) {
    std::vector<std::uint32_t> result;
    for (const std::string& key : keys) result.push_back(bucket_of(key));
    return result;
  }

  static void expect_same(const std::string& stream, const Followed& whole, const Cuts& cuts) {
    EXPECT_EQ(difference(stream, whole, follow(stream, cuts)), "")
        << testing::PrintToString(stream) << " in " << testing::PrintToString(cuts);
  }

  void expect_that_cuts_do_not_matter(const std::string& stream, int random_cuts) {
    const Followed whole = follow(stream, {});
    expect_same(stream, whole, Cuts(stream.size(), 1));
    for (std::size_t at = 1; at < stream.size(); at++) expect_same(stream, whole, {at});
    for (int i = 0; i < random_cuts; i++) {
      Cuts cuts;
      for (std::size_t bytes = 0; bytes < stream.size(); bytes += cuts.back()) {
        cuts.push_back(1 + random_() % (i % 2 ? 7 : stream.size()));
      }
      expect_same(stream, whole, cuts);
    }
  }

  /// Each alone, and all of them in batches of any order.
  void expect_understood(const std::vector<Framing>& framings) {
    for (const Framing& framing : framings) {
      const Followed whole = follow(framing.bytes, {});
      EXPECT_EQ(whole.end.lost, 0u) << framing.bytes;
      EXPECT_EQ(whole.begun, buckets(framing.writes)) << framing.bytes;
      EXPECT_EQ(whole.flushes, 0u) << framing.bytes;
      EXPECT_EQ(whole.end.phase + whole.end.carried_bytes, 0u) << framing.bytes;
      expect_that_cuts_do_not_matter(framing.bytes, 20);
    }
    std::vector<Framing> order = framings;
    for (int i = 0; i < 20; i++) {
      std::ranges::shuffle(order, random_);
      std::string batch;
      std::vector<std::string> writes;
      for (const Framing& framing : order) {
        batch += framing.bytes;
        writes.insert(writes.end(), framing.writes.begin(), framing.writes.end());
      }
      EXPECT_EQ(follow(batch, {}).begun, buckets(writes));
      expect_that_cuts_do_not_matter(batch, 20);
    }
  }

  std::mt19937 random_{7};
};

TEST_F(Cutting, DoesNotMatterToTextAndMetaCommands) {
  expect_understood(text_framings());
}

TEST_F(Cutting, DoesNotMatterToBinaryCommands) {
  expect_understood(binary_framings());
}

// The window on a recv is passed, wherever in it the data begins.
TEST_F(Cutting, WhatFollowsALongDataBlockIsSeen) {
  for (const std::size_t front : {0, 1, 100, 2000, 2040, 2048, 3000}) {
    for (const std::size_t bytes : {1000, 1500, 2000, 2048, 2100, 4096, 9000}) {
      std::string stream = front ? "set a 0 0 " + std::to_string(front) + "\r\n" : "";
      if (front) stream += std::string(front, 'x') + "\r\n";
      stream += "set k 0 0 " + std::to_string(bytes) + "\r\n" + std::string(bytes, 'y') + "\r\ndelete b\r\n";
      const Followed whole = follow(stream, {});
      EXPECT_EQ(whole.end.lost, 0u) << front << " " << bytes;
      EXPECT_EQ(whole.begun, buckets(front ? std::vector<std::string>{"a", "k", "b"}
                                           : std::vector<std::string>{"k", "b"}))
          << front << " " << bytes;
      EXPECT_EQ(whole.objection, "");
      expect_same(stream, whole, {500});
    }
  }
}

TEST_F(Cutting, DoesNotMatterToFlushes) {
  for (const char* flush :
       {"flush_all\r\n", "flush_all 10\r\n", "flush_all noreply\n", "flush_all 0 noreply\r\n"}) {
    const std::string stream = std::string("delete k\r\n") + flush + "get k\r\n";
    EXPECT_EQ(follow(stream, {}).flushes, 1u);
    expect_that_cuts_do_not_matter(stream, 20);
  }
}

TEST_F(Cutting, DoesNotMatterToWhatIsNotUnderstood) {
  for (const std::string odd : {"set k 0 0 01\r\nx\r\n", "set k 0 0 2\r\nxyz\r\n", "delete  k\r\n",
                                "delete k \r\n", "delete k\r\r\n", "bogus\r\n", "ms k 1 b\r\nx\r\n",
                                "touch k 4294967298\r\n", "incr k -1\r\n", "cas k 0 0 9 18446744073709551616\r\ndelete a\r\n",
        "delete k\t\r\n"}) {
    const std::string stream = "delete a\r\n" + odd + "delete b\r\n";
    EXPECT_NE(follow(stream, {}).end.lost, 0u) << odd;
    expect_that_cuts_do_not_matter(stream, 20);
  }
}

// What stands behind the key was followed, and gave the reason, if it came with it.
TEST_F(Cutting, DoesNotMatterToWhatComesAfterAKeyThatIsTooLong) {
  const std::string stream =
      "gat 0 k " + std::string(251, 'x') + " key\r\nset a 0 0 1\r\nxx\r\n";
  const Followed whole = follow(stream, {});
  EXPECT_EQ(whole.end.lost, BMC_DESYNC_SYNTAX);
  EXPECT_EQ(whole.begun, std::vector{bucket_of("k")});
  EXPECT_EQ(difference(stream, whole, follow(stream, Cuts(stream.size(), 1))), "");
}

TEST_F(Cutting, DoesNotMatterToTheFrontOfACommand) {
  std::vector<Framing> framings = text_framings();
  for (const Framing& framing : binary_framings()) framings.push_back(framing);
  for (const Framing& framing : framings) {
    for (std::size_t bytes = 1; bytes < framing.bytes.size(); bytes++) {
      const std::string front = framing.bytes.substr(0, bytes);
      EXPECT_EQ(difference(front, follow(front, {}), follow(front, Cuts(bytes, 1))), "")
          << testing::PrintToString(front);
    }
  }
}

TEST_F(Cutting, OfALineThatCannotBeKeptCountsAsAWriteOfAnyKey) {
  std::string stream = "gat 0";
  for (int i = 0; i < 400; i++) stream += " key" + std::to_string(i);
  stream += "\r\ndelete k\r\n";
  const Followed whole = follow(stream, {});
  const Followed cut = follow(stream, {600, 600});
  EXPECT_EQ(cut.end.lost, 0u);
  EXPECT_TRUE(cut.is_global);
  EXPECT_EQ(difference(stream, whole, cut), "");
}

}  // namespace
}  // namespace bmc::host

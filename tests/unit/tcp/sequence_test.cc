// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The arithmetic of docs/tcp.md, against a model that knows where on the wire
// each byte lies.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tcp/sequence.h"

namespace bmc {
namespace {

/// A connection on which memcached's answers and served replies alternate at
/// random. Of the bytes that memcached sent, the wire number is written down.
class Stream {
 public:
  explicit Stream(unsigned seed) : random_(seed) {
    kernel_snd_ = random_();
    kernel_rcv_ = random_();
    wire_snd_ = kernel_snd_;
    wire_rcv_ = kernel_rcv_;
    flow_.flags = BMC_FLOW_ARMED | BMC_FLOW_OUT_SEEN;
    settle();
  }

  /// memcached is asked and answers.
  void pass() {
    const std::uint32_t request = 1 + random_() % 50, answer = 1 + random_() % 50;
    kernel_rcv_ += request;
    wire_rcv_ += request;
    for (std::uint32_t i = 0; i < answer; i++) wire_of_.push_back(wire_snd_ + i);
    kernel_snd_ += answer;
    wire_snd_ += answer;
    settle();
  }

  void serve() {
    const std::uint32_t request = 1 + random_() % 50, reply = 1 + random_() % 50;
    ASSERT_TRUE(flow_goes_on(&flow_, wire_rcv_, wire_snd_));
    flow_serve(&flow_, wire_rcv_, wire_snd_, request, reply);
    served_at_base_ = flow_.base == kernel_snd_ && last_base_ == kernel_snd_ ? served_at_base_ : wire_snd_;
    last_base_ = kernel_snd_;
    wire_rcv_ += request;
    wire_snd_ += reply;
    EXPECT_FALSE(flow_acknowledged(&flow_, wire_snd_ - 1));
    EXPECT_FALSE(flow_acknowledged(&flow_, wire_snd_ + 1)) << "nobody has sent that much";
    EXPECT_TRUE(flow_acknowledged(&flow_, wire_snd_));
  }

  void expect_translation() {
    EXPECT_EQ(flow_seq_in(&flow_, wire_rcv_), kernel_rcv_);
    EXPECT_EQ(flow_ack_in(&flow_, wire_snd_), kernel_snd_);
    std::uint32_t wire = 0;
    EXPECT_TRUE(flow_seq_out(&flow_, kernel_snd_, kernel_snd_, &wire));
    EXPECT_EQ(wire, wire_snd_);
    // What was sent since the base before the last one, again.
    const std::size_t n = wire_of_.size();
    for (std::size_t back = 1; back <= n && back < 20; back++) {
      const std::uint32_t seq = kernel_snd_ - static_cast<std::uint32_t>(back);
      if (seq_before(seq, last_base_) && n - back < passed_before_base_) break;
      EXPECT_TRUE(flow_seq_out(&flow_, seq, seq + 1, &wire));
      EXPECT_EQ(wire, wire_of_[n - back]) << back << " bytes back";
    }
    // Inside the replies served at the base nothing of the kernel's is acknowledged.
    for (std::uint32_t ack = served_at_base_; last_base_ == kernel_snd_ && ack != wire_snd_; ack++) {
      EXPECT_EQ(flow_ack_in(&flow_, ack), kernel_snd_);
      EXPECT_EQ(flow_window_excess(&flow_, ack), wire_snd_ - ack);
    }
  }

  /// Where the bytes begin that were sent between the last two bases.
  void mark_base() { passed_before_base_ = wire_of_.size(); }

  std::mt19937& random() { return random_; }

 private:
  void settle() {
    flow_.k_rcv = flow_.passed_end = kernel_rcv_;
    flow_.k_snd = flow_.sent_end = kernel_snd_;
  }

  std::mt19937 random_;
  bmc_flow flow_{};
  std::uint32_t kernel_snd_, kernel_rcv_, wire_snd_, wire_rcv_;
  std::uint32_t last_base_ = 0, served_at_base_ = 0;
  std::size_t passed_before_base_ = 0;
  std::vector<std::uint32_t> wire_of_;
};

TEST(SequenceTest, EveryNumberMeansTheSameByteOnBothSides) {
  for (unsigned seed = 0; seed < 200; seed++) {
    SCOPED_TRACE(seed);
    Stream stream(seed);
    for (int step = 0; step < 100; step++) {
      if (stream.random()() % 3 != 0) {
        stream.serve();
      } else {
        stream.mark_base();
        stream.pass();
      }
      stream.expect_translation();
    }
  }
}

/// A flow at which 10 bytes of requests were served by 100 of replies, at 5000.
bmc_flow served_flow() {
  bmc_flow flow{};
  flow.flags = BMC_FLOW_ARMED | BMC_FLOW_OUT_SEEN;
  flow.k_rcv = flow.passed_end = 1000;
  flow.k_snd = flow.sent_end = 5000;
  flow_serve(&flow, 1000, 5000, 10, 100);
  return flow;
}

TEST(SequenceTest, ASegmentAcrossTheBaseCannotBeSaid) {
  const bmc_flow flow = served_flow();
  std::uint32_t wire = 0;
  EXPECT_TRUE(flow_seq_out(&flow, 4990, 5000, &wire));
  EXPECT_EQ(wire, 4990u);
  EXPECT_TRUE(flow_seq_out(&flow, 5000, 5010, &wire));
  EXPECT_EQ(wire, 5100u);
  EXPECT_FALSE(flow_seq_out(&flow, 4990, 5001, &wire));
}

TEST(SequenceTest, NothingBehindARequestIsAcknowledgedBeforeItsReplyIs) {
  bmc_flow flow = served_flow();
  bool held = false;
  EXPECT_EQ(flow_ack_out(&flow, 990, &held), 1000u) << "what came before may be";
  EXPECT_FALSE(held);
  EXPECT_EQ(flow_ack_out(&flow, 1020, &held), 1000u);
  EXPECT_TRUE(held);
  EXPECT_EQ(flow_ack_out(&flow, 1010, &held), 1000u);
  EXPECT_EQ(flow.held_ack, 1020u) << "the most that was held";
  EXPECT_TRUE(flow_acknowledged(&flow, 5100));
  EXPECT_EQ(flow_ack_out(&flow, 1020, &held), 1030u);
  EXPECT_FALSE(held);
}

TEST(SequenceTest, AnyPieceOfTheRequestRepeatsIt) {
  bmc_flow flow = served_flow();
  EXPECT_TRUE(flow_repeats(&flow, 1000, 10));
  EXPECT_TRUE(flow_repeats(&flow, 1009, 1));
  EXPECT_TRUE(flow_repeats(&flow, 990, 11));
  EXPECT_TRUE(flow_repeats(&flow, 1005, 1000));
  EXPECT_FALSE(flow_repeats(&flow, 1010, 10));
  EXPECT_FALSE(flow_repeats(&flow, 990, 10));
  EXPECT_FALSE(flow_repeats(&flow, 1000, 0));
  flow_acknowledged(&flow, 5100);
  EXPECT_FALSE(flow_repeats(&flow, 1000, 10));
}

TEST(SequenceTest, AForgedSegmentFromAfarIsNotTakenForPassed) {
  bmc_flow flow = served_flow();
  flow.window_end = 1000 + 65536;
  flow_passed(&flow, 1000 + 65537, 1000 + 65547);
  EXPECT_TRUE(flow_is_quiet(&flow));
  flow_passed(&flow, 1000 + 65536, 1000 + 70000);  // begins where the kernel may accept it
  EXPECT_FALSE(flow_is_quiet(&flow));
  flow_passed(&flow, 1000, 1010);
  EXPECT_EQ(flow.passed_end, 71000u);
}

TEST(SequenceTest, TheBaseMovesAlongBeforeNumbersWrapAround) {
  bmc_flow flow = served_flow();
  flow.sent_end = 5000 + (1u << 30);
  flow_settle(&flow, flow.sent_end);
  EXPECT_EQ(flow.base, 5000u) << "the reply is under way still";
  flow_acknowledged(&flow, 5100);
  flow_settle(&flow, flow.sent_end + 1);
  EXPECT_EQ(flow.base, 5000u) << "more than was sent";
  flow_settle(&flow, flow.sent_end);
  EXPECT_EQ(flow.base, flow.sent_end);
  const std::uint32_t far = flow.sent_end + (1u << 30);
  EXPECT_EQ(flow_ack_in(&flow, far + 100), far);
  EXPECT_EQ(flow_ack_in(&flow, flow.base - 5 + 100), flow.base - 5);
}

}  // namespace
}  // namespace bmc

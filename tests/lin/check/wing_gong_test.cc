// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The checker's verdict on many small histories is that of a search through all orders.
#include "check/wing_gong.h"

#include <random>

#include <gtest/gtest.h>

#include "check/checker.h"
#include "check/timeline.h"

namespace bmc::lin {
namespace {

/// Random operations on one key in a short time, so that many overlap; of those that write,
/// some are not answered and some are refused.
class SmallHistory {
 public:
  explicit SmallHistory(std::uint64_t seed) : random_(seed) {
    const std::uint32_t puts = 1 + below(random_, 3);
    for (WriteId id = 1; id <= puts; id++) add_write(Effect::kPut, id);
    const std::uint32_t extends = below(random_, 3);
    for (WriteId id = 10; id < 10 + extends; id++) add_write(Effect::kExtend, id);
    if (below(random_, 2) == 0) add(below(random_, 2) == 0 ? Effect::kRemove : Effect::kMiss);
    for (std::uint32_t reads = 1 + below(random_, 3); reads > 0; reads--) {
      add_read(1 + below(random_, puts), extends);
    }
  }

  const History& history() const { return history_; }

 private:
  Op& add(Effect effect) {
    Op op;
    op.key = 3;
    op.effect = effect;
    op.outcome = Outcome::kDone;
    op.invoked = below(random_, 12);
    op.answered = op.invoked + 1 + below(random_, 6);
    history_.ops.push_back(op);
    return history_.ops.back();
  }

  void add_write(Effect effect, WriteId id) {
    Op& op = add(effect);
    op.id = id;
    const std::uint32_t fate = below(random_, 10);
    if (fate == 0) op.outcome = Outcome::kRefused;
    if (fate > 1) return;
    if (fate == 1) op.outcome = Outcome::kUnknown;
    op.answered = fate == 1 ? kNever : op.answered;
  }

  void add_read(WriteId put, std::uint32_t extends) {
    Op& op = add(Effect::kRead);
    op.parts = static_cast<std::uint32_t>(history_.parts.size());
    history_.parts.push_back(put);
    for (WriteId id = 10; id < 10 + extends; id++) {
      if (below(random_, 2) == 0) history_.parts.push_back(id);
    }
    op.part_count = static_cast<std::uint32_t>(history_.parts.size()) - op.parts;
  }

  Random random_;
  History history_;
};

TEST(WingGongTest, TheCheckerAgreesWithASearchThroughAllOrders) {
  constexpr std::uint64_t kHistories = 60'000;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; seed++) {
    const SmallHistory small(seed);
    const auto violations = check(small.history());
    const bool is_right = WingGong(small.history()).is_linearizable();
    ASSERT_EQ(violations.empty(), is_right)
        << "history " << seed
        << (violations.empty() ? "" : timeline(small.history(), violations.front(), Keys(8, 2, 1)));
    wrong += !is_right;
  }
  EXPECT_GT(wrong, kHistories / 10);
  EXPECT_LT(wrong, kHistories * 9 / 10);
}

TEST(WingGongTest, TheOperationsOfAViolationAloneAreNotLinearizable) {
  for (std::uint64_t seed = 1; seed <= 20'000; seed++) {
    const SmallHistory small(seed);
    for (const Violation& violation : check(small.history())) {
      History accused = small.history();
      accused.ops.clear();
      for (const std::size_t index : violation.ops) accused.ops.push_back(small.history().ops[index]);
      ASSERT_FALSE(WingGong(accused).is_linearizable())
          << "history " << seed << ": " << timeline(small.history(), violation, Keys(8, 2, 1));
    }
  }
}

}  // namespace
}  // namespace bmc::lin

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/slab_balancer.h"

#include <gtest/gtest.h>

namespace bmc {
namespace {

constexpr std::uint32_t kBlocks = 10;

ClassLoad load(std::uint32_t slabs, std::uint64_t used, std::uint64_t pressure) {
  return {slabs, kBlocks, used, pressure};
}

TEST(PlanSlabMove, NothingMovesWithoutPressure) {
  ClassLoads loads;
  loads[0] = load(10, 100, 0);
  loads[1] = load(10, 0, 0);
  EXPECT_FALSE(plan_slab_move(loads));
}

TEST(PlanSlabMove, FreeBlocksGoFirst) {
  ClassLoads loads;
  loads[0] = load(10, 100, 500);
  loads[1] = load(10, 100, 0);
  loads[2] = load(10, 85, 0);
  EXPECT_EQ(plan_slab_move(loads), (SlabMove{2, 0}));
}

TEST(PlanSlabMove, PressureIsEvenedOutBetweenFullClasses) {
  ClassLoads loads;
  loads[0] = load(10, 100, 500);
  loads[1] = load(10, 100, 100);
  loads[2] = load(100, 1000, 100);
  EXPECT_EQ(plan_slab_move(loads), (SlabMove{2, 0}));
}

TEST(PlanSlabMove, SimilarPressureIsLeftAlone) {
  ClassLoads loads;
  loads[0] = load(10, 100, 500);
  loads[1] = load(10, 100, 300);
  EXPECT_FALSE(plan_slab_move(loads));
}

TEST(PlanSlabMove, AClassWithoutSlabsGetsOne) {
  ClassLoads loads;
  loads[0] = load(10, 100, 5);
  loads[3] = load(0, 0, 50);
  EXPECT_EQ(plan_slab_move(loads), (SlabMove{0, 3}));
}

TEST(PlanSlabMove, TheLastSlabStays) {
  ClassLoads loads;
  loads[0] = load(1, 10, 0);
  loads[1] = load(10, 100, 50);
  EXPECT_FALSE(plan_slab_move(loads));
}

}  // namespace
}  // namespace bmc

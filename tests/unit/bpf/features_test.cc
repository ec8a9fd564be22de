// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/features.h"

#include <gtest/gtest.h>

#include "bpf/pins.h"

namespace bmc {
namespace {

TEST(Release, IsMajorAndMinor) {
  EXPECT_EQ(parse_release("6.6.0"), 6006u);
  EXPECT_EQ(parse_release("6.18.44-fc-v669"), 6018u);
  EXPECT_EQ(parse_release("7.0-rc1"), 7000u);
  EXPECT_EQ(parse_release("linux"), 0u);
  EXPECT_GT(parse_release("6.10"), parse_release("6.9"));
}

TEST(PreemptRt, IsToldByTheKernelsVersion) {
  EXPECT_FALSE(is_preempt_rt("#1 SMP PREEMPT_DYNAMIC"));
  EXPECT_TRUE(is_preempt_rt("#1 SMP PREEMPT_RT Debian 6.12.57-1"));
}

TEST(InstanceName, HasNoCharacterThatTheBpfFileSystemRefuses) {
  EXPECT_TRUE(is_instance_name("11211"));
  EXPECT_TRUE(is_instance_name("cache_a-1"));
  for (const char* name : {"", "a.b", "a/b", "..", "+a", "a b"}) {
    EXPECT_FALSE(is_instance_name(name)) << name;
  }
  EXPECT_FALSE(is_instance_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace bmc

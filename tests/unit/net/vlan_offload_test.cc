// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/vlan_offload.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <thread>

namespace bmc {
namespace {

std::vector<Interface> card_with_vlan() {
  std::vector<Interface> interfaces(3);
  interfaces[0].index = 2;
  interfaces[0].name = "eth0";
  interfaces[1].index = 3;
  interfaces[1].name = "eth1";
  interfaces[2].index = 4;
  interfaces[2].name = "eth0.100";
  interfaces[2].vlan_of = 2;
  return interfaces;
}

TEST(VlanOffload, MattersBelowAVlan) {
  auto interfaces = card_with_vlan();
  mark_hidden_tags(interfaces, [](const std::string&) { return true; });
  EXPECT_TRUE(interfaces[0].hides_tags);
  EXPECT_FALSE(interfaces[1].hides_tags);
  EXPECT_FALSE(interfaces[2].hides_tags);
}

TEST(VlanOffload, TagsThatAreLeftInAreSeen) {
  auto interfaces = card_with_vlan();
  mark_hidden_tags(interfaces, [](const std::string&) { return false; });
  for (const Interface& each : interfaces) EXPECT_FALSE(each.hides_tags) << each.name;
}

TEST(VlanOffload, AnInterfaceThatIsNotThereTakesNothingOut) {
  EXPECT_FALSE(takes_tags_out("nosuch0"));
  EXPECT_FALSE(takes_tags_out("a-name-that-is-longer-than-any-interface-has"));
  EXPECT_FALSE(takes_tags_out("lo"));
}

/// A veth in a network namespace of this thread's own; false if it may not.
bool make_veth() {
  return ::unshare(CLONE_NEWNET) == 0 &&
         std::system("ip link add one type veth peer name other 2>/dev/null") == 0;
}

TEST(VlanOffload, IsReadFromTheInterface) {
  bool was_made = false, before = false, after = true;
  std::thread([&] {
    was_made = make_veth();
    before = takes_tags_out("one");
    if (was_made && std::system("ethtool -K one rxvlan off >/dev/null 2>&1") != 0) was_made = false;
    after = takes_tags_out("one");
  }).join();
  if (!was_made) GTEST_SKIP() << "needs root, ip and ethtool";
  EXPECT_TRUE(before);
  EXPECT_FALSE(after);
}

}  // namespace
}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// An entry changes while it is served, at each moment at which a helper runs:
// the reply is one of the values as a whole, or the request passes as it came
// (I1), with its checksum as good as before.
#include <gtest/gtest.h>

#include <functional>

#include "host/instance.h"

namespace bmc::host {
namespace {

using reference::Checksum;
using reference::Datagram;

class ReplacedTest : public testing::Test {
 protected:
  ~ReplacedTest() override { host_on_helper(nullptr, nullptr); }

  /// Runs @frame; in its helper number @moment, counted from 0, @change happens.
  /// False if it came to its end before.
  bool run_with_change(host_hook hook, const Bytes& frame, bool is_partial, int moment,
                       const std::function<void()>& change) {
    struct Countdown {
      int left;
      const std::function<void()>& change;
    } countdown{moment, change};
    host_on_helper(
        [](void* context) {
          auto* countdown = static_cast<Countdown*>(context);
          if (countdown->left-- == 0) countdown->change();
        },
        &countdown);
    verdict_ = instance_.run(hook, frame, is_partial);
    host_on_helper(nullptr, nullptr);
    return countdown.left < 0;
  }

  /// The entry is what the oracle last knew, or was then.
  void expect_one_of(const Datagram& datagram, const Bytes& frame, const Item& before, const Item& after) {
    if (verdict_.passed) {
      EXPECT_EQ(verdict_.out, frame);
      passed_++;
      return;
    }
    ASSERT_TRUE(verdict_.answered);
    answered_++;
    const auto request = reference::parse_served(datagram.text);
    std::string objections;
    for (const Item& item : {before, after}) {
      const auto text = reference::reply_text(*request, {{"key", item}});
      const std::string objection = reference::why_not_reply(datagram, verdict_.out, *text);
      if (objection.empty()) return;
      objections += objection + "\n";
    }
    ADD_FAILURE() << objections;
  }

  void replace_at_every_moment(const Item& before, const Item& after) {
    for (const host_hook hook : {HOST_XDP, HOST_TC}) {
      for (const bool is_partial : {false, true}) {
        for (const std::string text : {"get key\r\n", "get key key\r\n", "mg key v k\r\n", "mg key s f\r\n"}) {
          for (int moment = 0; moment < 100; moment++) {
            instance_.put("key", before);
            Datagram datagram = Instance::request(text);
            if (is_partial) datagram.checksum = Checksum::kPartial;
            datagram.padding.assign(3, 0);
            const Bytes frame = reference::build(datagram);
            if (!run_with_change(hook, frame, is_partial, moment, [&] { instance_.put("key", after); })) break;
            expect_one_of(datagram, frame, before, after);
          }
        }
      }
    }
  }

  Instance instance_;
  Verdict verdict_;
  int passed_ = 0, answered_ = 0;
};

TEST_F(ReplacedTest, ValuesOfOneSize) {
  for (const std::size_t bytes : {1, 90, 600, 1300}) {
    replace_at_every_moment(Item{.flags = 1, .data = std::string(bytes, 'a')},
                            Item{.flags = 2, .data = std::string(bytes, 'b')});
  }
  EXPECT_GT(passed_, 20);
  EXPECT_GT(answered_, 0);
}

TEST_F(ReplacedTest, ValuesOfOtherSizes) {
  replace_at_every_moment(Item{.data = std::string(500, 'a')}, Item{.data = std::string(490, 'b')});
  replace_at_every_moment(Item{.data = std::string(20, 'a')}, Item{.data = std::string(1300, 'b')});
  replace_at_every_moment(Item{.data = std::string(1300, 'a')}, Item{.data = ""});
  EXPECT_GT(passed_, 20);
}

// The block is given to another key while it is copied.
TEST_F(ReplacedTest, ABlockThatChangesHands) {
  const Item item{.data = std::string(600, 'a')};
  for (const host_hook hook : {HOST_XDP, HOST_TC}) {
    for (int moment = 0; moment < 100; moment++) {
      instance_.put("key", item);
      const Datagram datagram = Instance::request("get key\r\n");
      const Bytes frame = reference::build(datagram);
      const auto change = [&] {
        instance_.put("key", Item{.data = "elsewhere"});
        instance_.put("other", Item{.data = std::string(600, 'z')});
      };
      if (!run_with_change(hook, frame, false, moment, change)) break;
      expect_one_of(datagram, frame, item, Item{.data = "elsewhere"});
    }
  }
  EXPECT_GT(passed_, 0);
}

}  // namespace
}  // namespace bmc::host

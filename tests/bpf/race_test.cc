// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Readers without a lock beside a writer: a value is replaced, over and over,
// while it is served. Every reply is one whole value; what cannot be one passes
// as it came.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "harness/serve_test.h"

namespace bmc::test {
namespace {

using std::chrono::steady_clock;

int size_of(int i) { return 640 + i % 7; }

/// Is @text a get's reply with one whole value for each of the keys?
bool is_whole(std::string_view text, std::string_view keys) {
  for (const char key : keys) {
    const std::string head = std::string("VALUE ") + key + " 0 64";
    if (!text.starts_with(head)) return false;
    const std::size_t bytes = 640 + static_cast<std::size_t>(text[head.size()] - '0');
    text.remove_prefix(head.size() + 1);
    if (!text.starts_with("\r\n") || text.size() < bytes + 4) return false;
    const std::string_view value = text.substr(2, bytes);
    if (value.find_first_not_of(value[0]) != value.npos) return false;
    text.remove_prefix(2 + bytes);
    if (!text.starts_with("\r\n")) return false;
    text.remove_prefix(2);
  }
  return text == "END\r\n";
}

/// Fills both keys with values of one letter after the other until stopped.
/// Blocks are reused at once: the one that was freed is taken next.
void replace_until(Kernel& kernel, const std::atomic<bool>& stop) {
  for (int i = 0; !stop; i++) {
    const std::string value(static_cast<std::size_t>(size_of(i)), static_cast<char>('a' + i % 26));
    for (const std::string key : {"x", "y"}) kernel.fill(kernel.lease(key), key, Item{.data = value});
  }
}

struct Tally {
  std::uint64_t answered = 0;
  std::uint64_t torn = 0;     ///< answers that are not whole values
  std::uint64_t changed = 0;  ///< passed, but not as they came
};

class RaceTest : public ServeTest {
 protected:
  /// Asks @kernel for what is being replaced until @enough, for half a minute at most.
  template <typename Enough>
  Tally ask(Kernel& kernel, Enough enough) {
    std::atomic<bool> stop = false;
    std::thread writer([&] { replace_until(kernel, stop); });
    Tally tally;
    const auto start = steady_clock::now();
    while (steady_clock::now() - start < std::chrono::seconds(30) && !enough(tally)) {
      for (int i = 0; i < 1000; i++) ask_once(kernel, i % 2 == 0 ? "x" : "xy", tally);
    }
    stop = true;
    writer.join();
    return tally;
  }

  void ask_once(Kernel& kernel, std::string_view keys, Tally& tally) {
    const Bytes frame = reference::build(request(keys == "x" ? "get x\r\n" : "get x y\r\n"));
    const Verdict verdict = kernel.run(GetParam(), frame, link_.index);
    if (verdict.outcome == Outcome::kPassed) {
      tally.changed += verdict.out != frame;
      return;
    }
    const auto reply = reference::take_apart(verdict.out);
    tally.answered++;
    tally.torn += !reply || !is_whole(reply->text, keys);
  }
};

TEST_P(RaceTest, ARepliedValueIsWholeWhileItIsReplaced) {
  const auto raced = [&] { return kernel_.stats().passes[BMC_PASS_RACED]; };
  const Tally tally =
      ask(kernel_, [&](const Tally& so_far) { return raced() > 100 && so_far.answered > 10000; });
  EXPECT_EQ(tally.torn, 0u);
  EXPECT_EQ(tally.changed, 0u);
  EXPECT_GT(tally.answered, 1000u);
  EXPECT_GT(raced(), 0u) << "no value was replaced while it was copied";
}

// The test above can fail: without the second look at the slot it does.
TEST_P(RaceTest, WithoutTheSecondLookValuesAreTorn) {
  Kernel unchecked({.buckets = 512, .slabs = 96, .test_flags = BMC_TEST_NO_RECHECK});
  admit_all(unchecked);
  const Tally tally = ask(unchecked, [](const Tally& so_far) { return so_far.torn > 0; });
  EXPECT_GT(tally.torn, 0u);
}

BMC_AT_BOTH_HOOKS(RaceTest);

}  // namespace
}  // namespace bmc::test

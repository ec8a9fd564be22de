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

class RaceTest : public ServeTest {
 protected:
  /// Fills both keys with values of one letter after the other until stopped.
  /// Blocks are reused at once: the one that was freed is taken next.
  void replace_until(const std::atomic<bool>& stop) {
    for (int i = 0; !stop; i++) {
      const std::string value(static_cast<std::size_t>(size_of(i)), static_cast<char>('a' + i % 26));
      for (const std::string key : {"x", "y"}) {
        kernel_.fill(kernel_.lease(key), key, Item{.data = value});
      }
    }
  }

  static int size_of(int i) { return 640 + i % 7; }

  /// Is @text a get's reply with one whole value for each of the keys?
  static bool is_whole(std::string_view text, std::string_view keys) {
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
};

TEST_P(RaceTest, ARepliedValueIsWholeWhileItIsReplaced) {
  std::atomic<bool> stop = false;
  std::thread writer([&] { replace_until(stop); });
  const auto raced = [&] { return kernel_.stats().passes[BMC_PASS_RACED]; };
  const auto start = steady_clock::now();
  std::uint64_t answered = 0, requests = 0;
  while (!HasFailure() && steady_clock::now() - start < std::chrono::seconds(30)) {
    for (int i = 0; i < 2000; i++) {
      const std::string keys = i % 2 == 0 ? "x" : "xy";
      const auto datagram = request(i % 2 == 0 ? "get x\r\n" : "get x y\r\n");
      const Bytes frame = reference::build(datagram);
      const Verdict verdict = run(frame);
      requests++;
      if (verdict.outcome == Outcome::kPassed) {
        EXPECT_EQ(verdict.out, frame);
        continue;
      }
      const auto reply = reference::take_apart(verdict.out);
      EXPECT_TRUE(reply && is_whole(reply->text, keys)) << reference::hex(verdict.out);
      answered++;
    }
    if (raced() > 100 && answered > 10000) break;
  }
  stop = true;
  writer.join();
  EXPECT_GT(answered, 1000u);
  EXPECT_GT(raced(), 0u) << "in " << requests << " requests no value was replaced while it was copied";
}

BMC_AT_BOTH_HOOKS(RaceTest);

}  // namespace
}  // namespace bmc::test

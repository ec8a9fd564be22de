// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Text gets of keys that are cached: every shape of key, value and number of
// keys, over both families.
#include "harness/serve_test.h"

namespace bmc::test {
namespace {

class GetTest : public ServeTest {};

std::string get_of(int keys) {
  std::string text = "get";
  for (int i = 0; i < keys; i++) text += " k" + std::to_string(i);
  return text + "\r\n";
}

/// Bytes of a value whose text fills a block of @block_bytes exactly.
std::size_t value_that_fills(std::size_t block_bytes, const std::string& key) {
  for (std::size_t bytes = block_bytes; bytes > 0; bytes--) {
    const auto text = reference::value_text(key, Item{.data = std::string(bytes, 'x')});
    if (text.size() + BMC_BLOCK_HEADER == block_bytes) return bytes;
  }
  return 0;
}

TEST_P(GetTest, AHitIsAnswered) {
  cache("key", Item{.flags = 7, .data = "value"});
  expect_answer("get key\r\n");
}

TEST_P(GetTest, AHitIsAnsweredOverIpv6) {
  cache("key", "value");
  expect_answer(request_v6("get key\r\n"));
}

TEST_P(GetTest, EveryKeyLengthIsServed) {
  for (std::size_t bytes = 1; bytes <= BMC_KEY_MAX; bytes++) {
    const std::string key(bytes, static_cast<char>('a' + bytes % 26));
    cache(key, "value of " + std::to_string(bytes));
    expect_answer("get " + key + "\r\n");
  }
}

TEST_P(GetTest, AKeyMayBeAnyBytesButBlanksAndControls) {
  std::string all;
  for (int c = 0x21; c <= 0xff; c++) {
    if (c == 0x7f) continue;
    const std::string key{'k', static_cast<char>(c), 'e', 'y'};
    cache(key, "a value");
    expect_answer("get " + key + "\r\n");
    all += static_cast<char>(c);
  }
  cache(all, "all of them");
  expect_answer("get " + all + "\r\n");
}

TEST_P(GetTest, KeysThatDifferInOneByteAreDifferent) {
  for (std::size_t bytes : {1, 7, 8, 9, 16, 100, 248, 249, 250}) {
    const std::string key(bytes, 'k');
    cache(key, "right");
    for (std::size_t at = 0; at < bytes; at++) {
      std::string other = key;
      other[at] = 'K';
      expect_pass("get " + other + "\r\n", BMC_PASS_MISS);
    }
    expect_answer("get " + key + "\r\n");
  }
}

TEST_P(GetTest, ValuesAroundEveryBlockSizeAreServed) {
  const std::size_t sizes[] = {
#define X(index, bytes, blocks) bytes,
      BMC_SIZE_CLASSES(X)
#undef X
  };
  for (const std::size_t size : sizes) {
    const std::string key = "key" + std::to_string(size);
    const std::size_t full = value_that_fills(size, key);
    ASSERT_GT(full, 0u);
    for (std::size_t bytes = full - 2; bytes <= full + 2 && bytes < 1360; bytes++) {
      cache(key, std::string(bytes, static_cast<char>('0' + bytes % 10)));
      expect_answer("get " + key + "\r\n");
    }
  }
}

TEST_P(GetTest, ShortValuesOfEveryLengthAreServed) {
  for (std::size_t bytes = 0; bytes <= 64; bytes++) {
    cache("key", std::string(bytes, 'v'));
    expect_answer("get key\r\n");
  }
}

TEST_P(GetTest, ValuesMayLookLikeProtocol) {
  for (const std::string value : {"\r\n", "END\r\n", "\r\nEND\r\n", "VALUE key 0 5\r\nother\r\nEND\r\n",
                                  "get key\r\n", "set x 0 0 1\r\n"}) {
    cache("key", value);
    expect_answer("get key\r\n");
  }
  cache("key", std::string("\0\x01\xff\x80\0", 5));
  expect_answer("get key\r\n");
}

TEST_P(GetTest, ClientFlagsOfEveryWidthAreServed) {
  for (const std::uint32_t flags : {0u, 1u, 10u, 65535u, 99999u, 1000000000u, 4294967295u}) {
    cache("key", Item{.flags = flags, .data = "value"});
    expect_answer("get key\r\n");
  }
}

TEST_P(GetTest, MultiGetsOfUpTo64KeysAreAnsweredWhole) {
  for (int i = 0; i < 64; i++) cache("k" + std::to_string(i), std::to_string(i));
  for (const int keys : {1, 2, 3, 24, 63, 64}) expect_answer(get_of(keys));
}

TEST_P(GetTest, ValuesOfOddLengthsAddUpInTheChecksum) {
  for (int i = 0; i < 24; i++) cache("k" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'z'));
  for (int keys = 1; keys <= 24; keys++) expect_answer(get_of(keys));
}

TEST_P(GetTest, SixtyFiveKeysPass) {
  for (int i = 0; i < 65; i++) cache("k" + std::to_string(i), "");
  expect_pass(get_of(65), BMC_PASS_TOO_MANY_KEYS);
}

TEST_P(GetTest, AKeyThatIsAskedForTwiceIsAnsweredTwice) {
  cache("key", "value");
  expect_answer("get key key key\r\n");
}

TEST_P(GetTest, OneMissPassesTheWholeMultiGet) {
  for (int i = 0; i < 8; i++) cache("k" + std::to_string(i), "v");
  expect_answer(get_of(8));
  for (int missing = 0; missing < 8; missing++) {
    std::string text = "get";
    for (int i = 0; i < 8; i++) text += (i == missing ? " absent" : " k") + std::to_string(i);
    expect_pass(text + "\r\n", BMC_PASS_MISS);
  }
}

TEST_P(GetTest, AReplyFillsADatagramButNotMore) {
  const std::string key = "key";
  const auto longest = [&] {
    std::size_t bytes = 1;
    const auto reply = [&](std::size_t n) {
      return reference::value_text(key, Item{.data = std::string(n, 'x')}).size() + 5;
    };
    while (reply(bytes + 1) <= BMC_REPLY_MAX - BMC_UDP_FRAME_SIZE) bytes++;
    return bytes;
  }();
  cache(key, std::string(longest, 'x'));
  expect_answer("get key\r\n");
  expect_answer(request_v6("get key\r\n"));
  cache(key, std::string(longest + 1, 'x'));
  expect_pass("get key\r\n", BMC_PASS_REPLY_TOO_LONG);
  expect_pass("get key key\r\n", BMC_PASS_REPLY_TOO_LONG);
}

TEST_P(GetTest, AReplyShorterThanItsRequestIsTrimmed) {
  const std::string key(250, 'k');
  cache("a", "");
  cache(key, "");
  expect_answer("get " + key + "\r\n");
  expect_answer("get a a\r\n");
  cache("key", Item{.data = "v"});
  // An mg without v: "HD" for a long request.
  expect_answer("mg " + key + " q\r\n");
  auto datagram = request_v6("mg " + key + " q\r\n");
  expect_answer(datagram);
}

TEST_P(GetTest, TheFrameHeadersRequestIdIsRepeated) {
  cache("key", "value");
  for (const int id : {0, 1, 0x00ff, 0xff00, 0xffff}) {
    auto datagram = request("get key\r\n");
    datagram.frame[0] = static_cast<std::uint16_t>(id);
    expect_answer(datagram);
  }
}

BMC_AT_BOTH_HOOKS(GetTest);

}  // namespace
}  // namespace bmc::test

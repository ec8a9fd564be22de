// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Requests that are not exactly what is served: memcached gets them as they
// came, whatever it makes of them.
#include "harness/serve_test.h"

namespace bmc::test {
namespace {

class MalformedTest : public ServeTest {
 protected:
  MalformedTest() {
    for (const std::string key : {"a", "key", "k", "ey"}) cache(key, Item{.data = "value", .cas = 1});
  }
};

struct Refused {
  std::string text;
  bmc_pass reason;
};

TEST_P(MalformedTest, GetsOfAnotherFormPass) {
  const Refused table[] = {
      {"get\r\n", BMC_PASS_NOT_GET},
      {"get \r\n", BMC_PASS_BAD_KEY},
      {"get  key\r\n", BMC_PASS_BAD_KEY},
      {" get key\r\n", BMC_PASS_NOT_GET},
      {"get key \r\n", BMC_PASS_BAD_KEY},
      {"get key  a\r\n", BMC_PASS_BAD_KEY},
      {"get key a \r\n", BMC_PASS_BAD_KEY},
      {"get key\n", BMC_PASS_SYNTAX},
      {"get key\r", BMC_PASS_SYNTAX},
      {"get key", BMC_PASS_SYNTAX},
      {"get key ", BMC_PASS_BAD_KEY},
      {"get key\r\r\n", BMC_PASS_SYNTAX},
      {"get key\n\r\n", BMC_PASS_SYNTAX},
      {"get key\r\n\r\n", BMC_PASS_SYNTAX},
      {"get key\r\nget a\r\n", BMC_PASS_SYNTAX},
      {"get key\r\nset a 0 0 1\r\n", BMC_PASS_SYNTAX},
      {"get key a\r\nget a\r\n", BMC_PASS_SYNTAX},
      {"get k\tey\r\n", BMC_PASS_SYNTAX},
      {"get\tkey\r\n", BMC_PASS_NOT_GET},
      {std::string("get key\0\r\n", 10), BMC_PASS_SYNTAX},
      {std::string("get key\0", 8), BMC_PASS_SYNTAX},
      {std::string("get key\r\n\0", 10), BMC_PASS_SYNTAX},
      {std::string("get \0key\r\n", 10), BMC_PASS_BAD_KEY},
      {"get k\x7f" "ey\r\n", BMC_PASS_SYNTAX},
      {"get k\x01\r\n", BMC_PASS_SYNTAX},
      {"get a k\x1f\r\n", BMC_PASS_SYNTAX},
      {"get " + std::string(251, 'k') + "\r\n", BMC_PASS_BAD_KEY},
      {"get " + std::string(252, 'k') + "\r\n", BMC_PASS_BAD_KEY},
      {"get " + std::string(256, 'k') + "\r\n", BMC_PASS_BAD_KEY},
      {"get " + std::string(1400, 'k') + "\r\n", BMC_PASS_BAD_KEY},
      {"get key " + std::string(251, 'k') + "\r\n", BMC_PASS_BAD_KEY},
      {"GET key\r\n", BMC_PASS_NOT_GET},
      {"Get key\r\n", BMC_PASS_NOT_GET},
      {"gets key\r\n", BMC_PASS_NOT_GET},
      {"getx", BMC_PASS_NOT_GET},
  };
  for (const auto& [text, reason] : table) {
    SCOPED_TRACE(text);
    expect_pass(text, reason);
  }
}

TEST_P(MalformedTest, MetaGetsOfAnotherFormPass) {
  const Refused table[] = {
      {"mg\r\n", BMC_PASS_NOT_GET},
      {"mg \r\n", BMC_PASS_BAD_KEY},
      {"mg  key\r\n", BMC_PASS_BAD_KEY},
      {"mg key \r\n", BMC_PASS_META_FLAG},
      {"mg key  v\r\n", BMC_PASS_META_FLAG},
      {"mg key v \r\n", BMC_PASS_META_FLAG},
      {"mg key\n", BMC_PASS_SYNTAX},
      {"mg key\r", BMC_PASS_SYNTAX},
      {"mg key", BMC_PASS_SYNTAX},
      {"mg key v\n", BMC_PASS_META_FLAG},
      {"mg key v\r", BMC_PASS_SYNTAX},
      {"mg key v", BMC_PASS_META_FLAG},
      {"mg key\r\nmn\r\n", BMC_PASS_SYNTAX},
      {"mg key v\r\nmn\r\n", BMC_PASS_SYNTAX},
      {"mg key\tv\r\n", BMC_PASS_SYNTAX},
      {"mg key v\tq\r\n", BMC_PASS_META_FLAG},
      {std::string("mg key v\0\r\n", 11), BMC_PASS_META_FLAG},
      {"mg " + std::string(251, 'k') + " v\r\n", BMC_PASS_BAD_KEY},
      {"MG key v\r\n", BMC_PASS_NOT_GET},
      {"mgx key v\r\n", BMC_PASS_NOT_GET},
  };
  for (const auto& [text, reason] : table) {
    SCOPED_TRACE(text);
    expect_pass(text, reason);
  }
}

TEST_P(MalformedTest, OtherCommandsPass) {
  for (const std::string text :
       {"set key 0 0 1\r\nx\r\n", "add key 0 0 1\r\nx\r\n", "delete key\r\n", "incr key 1\r\n",
        "touch key 0\r\n", "gat 0 key\r\n", "gats 0 key\r\n", "flush_all\r\n", "stats\r\n", "version\r\n",
        "quit\r\n", "ms key 1\r\nx\r\n", "md key\r\n", "ma key\r\n", "mn\r\n", "me key\r\n", "bget key\r\n",
        "VALUE key 0 5\r\nvalue\r\nEND\r\n", "\r\n\r\n"}) {
    SCOPED_TRACE(text);
    expect_pass(text, BMC_PASS_NOT_GET);
  }
}

TEST_P(MalformedTest, BinaryCommandsPass) {
  std::string get(24, '\0');
  get[0] = '\x80';
  get[3] = 3;
  get[11] = 3;
  expect_pass(get + "key", BMC_PASS_NOT_GET);
}

TEST_P(MalformedTest, TextsTooShortForACommandPass) {
  for (const std::string text : {"", "g", "ge", "get", "mg", "\r\n"}) {
    SCOPED_TRACE(text);
    expect_pass(text, BMC_PASS_NOT_SERVED_PACKET);
  }
}

TEST_P(MalformedTest, OtherFrameHeadersPass) {
  for (const auto& [field, value] : {std::pair{1, 1}, {1, 0x100}, {2, 0}, {2, 2}, {2, 0x100}, {3, 1}, {3, 0x8000}}) {
    auto datagram = request("get key\r\n");
    datagram.frame[static_cast<std::size_t>(field)] = static_cast<std::uint16_t>(value);
    expect_pass(datagram, BMC_PASS_FRAME);
  }
}

TEST_P(MalformedTest, ARequestOfAllBytesOfADatagramIsRead) {
  std::string text = "get";
  while (text.size() < 1400) text += " key" + std::to_string(text.size());
  text.resize(1470);
  expect_pass(text + "\r\n", BMC_PASS_TOO_MANY_KEYS);
  // The oldest bytes of the scratch do not show behind a short request.
  expect_pass("get key", BMC_PASS_SYNTAX);
  expect_answer("get key\r\n");
}

BMC_AT_BOTH_HOOKS(MalformedTest);

}  // namespace
}  // namespace bmc::test

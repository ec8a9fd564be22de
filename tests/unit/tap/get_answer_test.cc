// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Where TCP is served, too, a get is answered only by a send that is its whole answer.
#include "bmc/abi.h"
#include "tap_fixture.h"

namespace bmc::host {
namespace {

constexpr std::uint32_t kGet = 5, kOpaque = 6, kAnswered = 7;  // enum batch_mode

class TapGetAnswer : public TapTest {
 protected:
  TapGetAnswer() {
    connection_.reset();
    host_serve_tcp(true);
    load_for_following({"k"});
    host_serve_tcp(false);
    // Of a port that is tapped, but not served.
    host_state()->ports[0] = 11212;
    again();
  }

  void again() { connection_.emplace(host_socket_open_on(11212)); }

  std::uint32_t after(const std::string& request, const std::string& answer) {
    again();
    received(request);
    EXPECT_EQ(connection_->look().batch_mode, kGet) << request;
    sent(answer);
    return connection_->look().batch_mode;
  }
};

TEST_F(TapGetAnswer, AWholeAnswerEndsTheGet) {
  for (const char* answer :
       {"END\r\n", "VALUE k 0 3\r\nold\r\nEND\r\n", "VALUE k 7 0 12\r\n\r\nEND\r\n",
        "VALUE k 0 1\r\nx\r\nVALUE l 0 5\r\nEND\r\n\r\nEND\r\n"})
    EXPECT_EQ(after("get k l\r\n", answer), kAnswered) << answer;
  for (const char* answer :
       {"EN\r\n", "HD\r\n", "HD f0 t-1\r\n", "VA 3 f0\r\nold\r\n", "VA 0\r\n\r\n"})
    EXPECT_EQ(after("mg k v\r\n", answer), kAnswered) << answer;
  const std::string large(3000, 'x');
  EXPECT_EQ(after("get k\r\n", "VALUE k 0 1400\r\n" + large.substr(0, 1400) + "\r\nEND\r\n"),
            kAnswered);
}

TEST_F(TapGetAnswer, NothingElseDoes) {
  for (const char* answer :
       {"END\r", "END\r\nEND\r\n", "VALUE k 0 3\r\nold\r\n", "VALUE k 0 3\r\nold\r\nEND\r",
        "VALUE k 0 4\r\nold\r\nEND\r\n", "VALUE k 0 2\r\nold\r\nEND\r\n",
        "VALUE k 0\r\nold\r\nEND\r\n", "VALUX k 0 3\r\nold\r\nEND\r\n", "ERROR\r\n",
        "SERVER_ERROR out of memory\r\n", "VALUE k 0 3", "VALUE k 0 3\nold\r\nEND\r\n",
        "VALUE k 0 x\r\nold\r\nEND\r\n"})
    EXPECT_EQ(after("get k l\r\n", answer), kOpaque) << answer;
  for (const char* answer : {"EN\r\nEN\r\n", "EN", "HD f0", "HD\r\n ", "VA 3 f0\r\nold",
                             "VA 2 f0\r\nold\r\n", "VA 4 f0\r\nold\r\n", "VA\r\n\r\n",
                             "VA x\r\nold\r\n", "VAX 3\r\nold\r\n", "VA 3\r\nold\r\nEN\r\n"})
    EXPECT_EQ(after("mg k v\r\n", answer), kOpaque) << answer;
}

TEST_F(TapGetAnswer, SeveralGetsEndWithTheLastOne) {
  const std::string two = "get k\r\nget l m\r\n", hit = "VALUE k 0 3\r\nold\r\nEND\r\n";
  for (const std::string& answer : {hit + hit, "END\r\n" + hit, hit + "END\r\n"})
    EXPECT_EQ(after(two, answer), kAnswered) << answer;
  for (const std::string& answer :
       {hit + "END\r", hit + hit + hit, hit + hit + "E", hit + "ERROR\r\n", "ERROR\r\n" + hit})
    EXPECT_EQ(after(two, answer), kOpaque) << answer;
  EXPECT_EQ(after(two, hit), kGet);  // memcached sends each answer by itself
  sent(hit);
  EXPECT_EQ(connection_->look().batch_mode, kAnswered);
  EXPECT_EQ(after(two, hit), kGet);
  sent(hit + hit);
  EXPECT_EQ(connection_->look().batch_mode, kOpaque);
  EXPECT_EQ(after(two, hit), kGet);
  sent("END\r");
  EXPECT_EQ(connection_->look().batch_mode, kOpaque);
  EXPECT_EQ(after("mg k v\r\nget k\r\nmg l v\r\n", "VA 3 f0\r\nold\r\n" + hit + "EN\r\n"),
            kAnswered);
  std::string request, answer;
  for (int i = 0; i < 40; i++) {
    request += "get k\r\n";
    answer += hit;
  }
  EXPECT_EQ(after(request, answer), kAnswered);
  EXPECT_EQ(after(request + "get k\r\n", answer), kGet);
}

TEST_F(TapGetAnswer, ASetAmongGetsIsNotSeenToBeOver) {
  again();
  received("get k\r\nset k 0 0 3\r\nnew\r\n");
  EXPECT_EQ(connection_->look().batch_mode, kOpaque);
  again();
  received("set k 0 0 3\r\nnew\r\nget k\r\n");
  EXPECT_EQ(connection_->look().batch_mode, kOpaque);
}

}  // namespace
}  // namespace bmc::host

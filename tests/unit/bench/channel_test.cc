// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Both channels against a server in this process that answers as the test says.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bench/tcp_channel.h"
#include "bench/udp_channel.h"
#include "bench/workload.h"

namespace bmc::bench {
namespace {

class ChannelTest : public testing::Test {
 protected:
  explicit ChannelTest(int type) : server_(::socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    bind(server_.get(), reinterpret_cast<sockaddr*>(&address), bytes);
    if (type == SOCK_STREAM) listen(server_.get(), 1);
    getsockname(server_.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    endpoint_ = *Endpoint::resolve("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    judge_.record_between(0, ~0ull);
  }

  Request& send_get(Channel& channel, std::uint32_t key) {
    Request& request = channel.begin();
    request.kind = Request::Kind::kGet;
    request.quiet = false;
    request.reads = 1;
    request.matched = request.hits = 0;
    request.read[0] = {key, versions_.floor(key)};
    request.sent_ns = request.intended_ns = monotonic_ns();
    channel.submit(request);
    return request;
  }

  void send_set(Channel& channel, std::uint32_t key, bool quiet) {
    Request& request = channel.begin();
    request.kind = Request::Kind::kSet;
    request.quiet = quiet;
    request.reads = 1;
    request.read[0] = {key, 0};
    request.write = versions_.begin_write(key);
    request.value_bytes = 30;
    request.ttl_s = 0;
    request.sent_ns = request.intended_ns = monotonic_ns();
    channel.submit(request);
  }

  std::string value_line(std::uint32_t key, std::size_t bytes) {
    std::string data(bytes, '\0');
    write_value({key, 5, 5, 0}, data);
    return "VALUE " + keys_.text(key) + ' ' + std::to_string(value_flags(key)) + ' ' +
           std::to_string(bytes) + "\r\n" + data + "\r\n";
  }

  /// Lets the channel receive until @count requests ended, or nothing comes any more.
  unsigned receive(Channel& channel, unsigned count) {
    unsigned ended = 0;
    while (ended < count) {
      pollfd waiting{.fd = channel.fd(), .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, 100) <= 0) break;
      const auto now = channel.receive();
      if (!now) break;
      ended += *now;
    }
    return ended;
  }

  Fd server_;
  Endpoint endpoint_;
  KeySpace keys_ = *KeySpace::make(1000, 8);
  RequestText text_{keys_, GetCommand::kGet};
  VersionTable versions_{1000, 100};
  Complaints complaints_;
  Tally tally_;
  Latencies latencies_;
  Judge judge_{keys_, versions_, complaints_, tally_, latencies_};
};

class UdpChannelTest : public ChannelTest {
 protected:
  UdpChannelTest() : ChannelTest(SOCK_DGRAM) {
    channel_ = std::move(*UdpChannel::open(endpoint_, text_, judge_, {4, 1, 30}));
  }

  /// The next request; its sender is who answer() answers.
  std::string take_request() {
    char bytes[2048];
    socklen_t size = sizeof client_;
    const ssize_t got = recvfrom(server_.get(), bytes, sizeof bytes, MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&client_), &size);
    return got < 0 ? "" : std::string(bytes, static_cast<std::size_t>(got));
  }

  void answer(std::uint16_t id, std::string_view text, std::uint16_t sequence = 0,
              std::uint16_t total = 1) {
    std::string datagram(UdpFrame::kBytes, '\0');
    UdpFrame{id, sequence, total}.write(datagram.data());
    datagram += text;
    sendto(server_.get(), datagram.data(), datagram.size(), 0,
           reinterpret_cast<sockaddr*>(&client_), sizeof client_);
  }

  std::uint16_t request_id(const std::string& datagram) {
    return UdpFrame::read(datagram)->request_id;
  }

  std::unique_ptr<UdpChannel> channel_;
  sockaddr_in client_{};
};

TEST_F(UdpChannelTest, RepliesFindTheirRequestsInAnyOrder) {
  send_get(*channel_, 1);
  send_get(*channel_, 2);
  ASSERT_TRUE(channel_->flush());
  const std::string first = take_request();
  const std::string second = take_request();
  EXPECT_EQ(first.substr(8), "get k0000001\r\n");
  answer(request_id(second), value_line(2, 25) + "END\r\n");
  answer(request_id(first), "END\r\n");
  EXPECT_EQ(receive(*channel_, 2), 2u);
  EXPECT_EQ(tally_.read()[Counter::hits], 1u);
  EXPECT_EQ(tally_.read()[Counter::misses], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(UdpChannelTest, AMessageMayComeInSeveralDatagrams) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  const std::uint16_t id = request_id(take_request());
  const std::string reply = value_line(1, 3000) + "END\r\n";
  answer(id, reply.substr(0, 1392), 0, 3);
  answer(id, reply.substr(1392, 1392), 1, 3);
  EXPECT_EQ(receive(*channel_, 1), 0u);
  answer(id, reply.substr(2784), 2, 3);
  EXPECT_EQ(receive(*channel_, 1), 1u);
  EXPECT_EQ(tally_.read()[Counter::hits], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(UdpChannelTest, ARequestMayBeAnsweredBySeveralMessages) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  const std::uint16_t id = request_id(take_request());
  answer(id, value_line(1, 25));
  EXPECT_EQ(receive(*channel_, 1), 0u);
  answer(id, "END\r\n");
  EXPECT_EQ(receive(*channel_, 1), 1u);
}

TEST_F(UdpChannelTest, ALateReplyIsNobodys) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  const std::uint16_t id = request_id(take_request());
  EXPECT_EQ(channel_->expire(monotonic_ns() + 1), 1u);
  EXPECT_EQ(tally_.read()[Counter::lost], 1u);
  for (std::uint32_t key = 2; key < 6; key++) send_get(*channel_, key);
  ASSERT_TRUE(channel_->flush());
  answer(id, value_line(1, 25) + "END\r\n");
  EXPECT_EQ(receive(*channel_, 1), 0u);
  EXPECT_EQ(tally_.read()[Counter::late], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(UdpChannelTest, ACutReplyIsWrong) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  const std::string reply = value_line(1, 25);
  answer(request_id(take_request()), reply.substr(0, reply.size() - 4));
  EXPECT_EQ(receive(*channel_, 1), 1u);
  EXPECT_EQ(tally_.read()[Fault::malformed], 1u);
}

TEST_F(UdpChannelTest, WhatFollowsTheEndIsWrong) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  answer(request_id(take_request()), "END\r\nEND\r\n");
  EXPECT_EQ(receive(*channel_, 1), 1u);
  EXPECT_EQ(tally_.read()[Fault::malformed], 1u);
}

class TcpChannelTest : public ChannelTest {
 protected:
  TcpChannelTest() : ChannelTest(SOCK_STREAM) {
    channel_ = std::move(*TcpChannel::open(endpoint_, text_, judge_, 4, 1));
    peer_ = Fd(accept(server_.get(), nullptr, nullptr));
  }

  std::string take_requests() {
    char bytes[4096];
    const ssize_t got = recv(peer_.get(), bytes, sizeof bytes, 0);
    return got < 0 ? "" : std::string(bytes, static_cast<std::size_t>(got));
  }

  void answer(std::string_view text) {
    EXPECT_EQ(send(peer_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  std::unique_ptr<TcpChannel> channel_;
  Fd peer_;
};

TEST_F(TcpChannelTest, RepliesMayComeByteByByte) {
  send_get(*channel_, 1);
  send_get(*channel_, 2);
  send_set(*channel_, 3, false);
  ASSERT_TRUE(channel_->flush());
  EXPECT_TRUE(
      take_requests().starts_with("get k0000001\r\nget k0000002\r\nset k0000003 3 0 30\r\n"));
  unsigned ended = 0;
  for (const char c : value_line(1, 40) + "END\r\n" + "END\r\nSTORED\r\n") {
    answer({&c, 1});
    pollfd waiting{.fd = channel_->fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&waiting, 1, 1000), 1);
    const auto now = channel_->receive();
    ASSERT_TRUE(now);
    ended += *now;
  }
  EXPECT_EQ(ended, 3u);
  const Counts counts = tally_.read();
  EXPECT_EQ(counts[Counter::hits], 1u);
  EXPECT_EQ(counts[Counter::misses], 1u);
  EXPECT_EQ(counts[Counter::sets], 1u);
  EXPECT_EQ(counts.wrong(), 0u);
}

TEST_F(TcpChannelTest, ALongValueFitsABufferThatGrows) {
  send_get(*channel_, 1);
  ASSERT_TRUE(channel_->flush());
  const std::string reply = value_line(1, 500'000) + "END\r\n";
  unsigned ended = 0;
  for (std::size_t at = 0; at < reply.size(); at += 20'000) {
    answer(std::string_view(reply).substr(at, 20'000));
    ended += receive(*channel_, 1);
  }
  EXPECT_EQ(ended, 1u);
  EXPECT_EQ(tally_.read()[Counter::hits], 1u);
  EXPECT_EQ(tally_.read().wrong(), 0u);
}

TEST_F(TcpChannelTest, QuietSetsAreOverWhenALaterAnswerComes) {
  send_set(*channel_, 1, true);
  send_set(*channel_, 2, true);
  ASSERT_TRUE(channel_->flush());
  EXPECT_TRUE(take_requests().ends_with("mn\r\n"));
  EXPECT_EQ(versions_.floor(1), 0u);
  answer("MN\r\n");
  EXPECT_EQ(receive(*channel_, 2), 2u);
  EXPECT_EQ(versions_.floor(1), 100u);
  EXPECT_EQ(versions_.floor(2), 100u);
  EXPECT_EQ(tally_.read()[Counter::sets], 2u);
}

TEST_F(TcpChannelTest, ABrokenConnectionCutsItsRequestsOff) {
  send_get(*channel_, 1);
  send_set(*channel_, 2, false);
  ASSERT_TRUE(channel_->flush());
  take_requests();
  peer_.reset();
  pollfd waiting{.fd = channel_->fd(), .events = POLLIN, .revents = 0};
  poll(&waiting, 1, 1000);
  EXPECT_FALSE(channel_->receive());
  const auto ended = channel_->reconnect();
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, 2u);
  EXPECT_EQ(tally_.read()[Counter::errors], 2u);
  EXPECT_EQ(tally_.read()[Counter::reconnects], 1u);
  EXPECT_EQ(versions_.floor(2), 0u) << "nobody knows whether it was stored";

  peer_ = Fd(accept(server_.get(), nullptr, nullptr));
  send_get(*channel_, 3);
  ASSERT_TRUE(channel_->flush());
  EXPECT_EQ(take_requests(), "get k0000003\r\n");
  answer("END\r\n");
  EXPECT_EQ(receive(*channel_, 1), 1u);
}

TEST_F(TcpChannelTest, AnAnswerToNothingIsWrong) {
  answer("END\r\n");
  pollfd waiting{.fd = channel_->fd(), .events = POLLIN, .revents = 0};
  poll(&waiting, 1, 1000);
  EXPECT_FALSE(channel_->receive());
  EXPECT_EQ(tally_.read()[Fault::malformed], 1u);
}

}  // namespace
}  // namespace bmc::bench

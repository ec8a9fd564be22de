// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Requests over one connected UDP socket, in batches of sendmmsg and recvmmsg.
// One request may be answered by several messages (memcached sends one per
// value), and a long message comes in several datagrams; those are expected in
// order, anything else counts as loss.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/channel.h"
#include "bench/endpoint.h"
#include "bench/judge.h"
#include "bench/request_ids.h"
#include "bench/udp_frame.h"

namespace bmc::bench {

class UdpChannel final : public Channel {
 public:
  struct Limits {
    unsigned outstanding;
    unsigned reads;             ///< keys of one get
    std::uint32_t value_bytes;  ///< of one set
  };

  [[nodiscard]] static Result<std::unique_ptr<UdpChannel>> open(const Endpoint& server,
                                                                const RequestText& text,
                                                                Judge& judge, Limits limits);

  int fd() const noexcept override { return socket_.get(); }
  Request& begin() override;
  void submit(Request& request) override;
  Result<void> flush() override;
  bool wants_to_write() const noexcept override { return queued_ > sent_; }
  Result<unsigned> receive() override;
  unsigned expire(std::uint64_t sent_before_ns) override;
  /// What ends a UDP channel cannot be mended: the error stands.
  Result<unsigned> reconnect() override { return fail("a UDP socket cannot go on"); }

 private:
  static constexpr unsigned kBatch = 64;
  static constexpr std::size_t kDatagramBytes = 2048;  // memcached's end at 1400

  /// As much of a message of several datagrams as has arrived.
  struct Assembly {
    std::uint16_t next_sequence = 0;
    std::vector<char> bytes;
  };

  UdpChannel(Fd socket, const RequestText& text, Judge& judge, Limits limits);

  /// Both return whether a request ended.
  bool take_datagram(std::string_view datagram);
  bool take_message(Request& request, std::string_view message);
  /// The whole message once its last datagram is there, else nothing.
  std::optional<std::string_view> assemble(Assembly& assembly, const UdpFrame& frame,
                                           std::string_view payload);
  Result<void> on_send_error(int error);

  Fd socket_;
  const RequestText& text_;
  Judge& judge_;
  RequestIds ids_;
  std::uint64_t aged_ns_ = 0;
  std::vector<Request> requests_;  // a request's index here is its slot in ids_
  std::vector<Assembly> assemblies_;
  std::vector<Read> reads_;

  // One buffer for each outstanding request; [sent_, queued_) wait to be sent.
  std::size_t request_bytes_;
  std::vector<char> out_;
  std::vector<mmsghdr> out_headers_;
  std::vector<iovec> out_parts_;
  unsigned queued_ = 0;
  unsigned sent_ = 0;

  std::vector<char> in_;
  std::vector<mmsghdr> in_headers_;
  std::vector<iovec> in_parts_;
};

}  // namespace bmc::bench

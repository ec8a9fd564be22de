// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Requests over one TCP connection, pipelined: answers come in the order of the
// requests. A quiet set has no answer of its own; it is over when the answer of
// a later request arrives, so a round that ends with one is closed by "mn".
#pragma once

#include <memory>
#include <vector>

#include "bench/channel.h"
#include "bench/endpoint.h"
#include "bench/judge.h"

namespace bmc::bench {

class TcpChannel final : public Channel {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TcpChannel>> open(const Endpoint& server,
                                                                const RequestText& text,
                                                                Judge& judge, unsigned outstanding,
                                                                unsigned reads);

  int fd() const noexcept override { return socket_.get(); }
  Request& begin() override { return at(tail_); }
  void submit(Request& request) override;
  Result<void> flush() override;
  bool wants_to_write() const noexcept override { return out_begin_ < out_end_; }
  Result<unsigned> receive() override;
  /// TCP loses nothing: slow answers are waited for.
  unsigned expire(std::uint64_t) override { return 0; }
  Result<unsigned> reconnect() override;

 private:
  TcpChannel(const Endpoint& server, Fd socket, const RequestText& text, Judge& judge,
             unsigned outstanding, unsigned reads);

  Request& at(std::uint64_t position) noexcept { return ring_[position & (ring_.size() - 1)]; }
  Result<bool> fill();
  Result<unsigned> answer();
  unsigned retire_quiet();
  char* reserve_out(std::size_t bytes);

  const Endpoint& server_;
  Fd socket_;
  const RequestText& text_;
  Judge& judge_;

  // Requests [head_, tail_) are unanswered, oldest first. Twice as many fit as
  // may be outstanding, as every quiet set may be followed by a noop.
  std::vector<Request> ring_;
  std::vector<Read> reads_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;

  std::vector<char> out_;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::vector<char> in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
};

}  // namespace bmc::bench

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/tcp_channel.h"

#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace bmc::bench {
namespace {

constexpr std::size_t kBuffer = 64 << 10;  // to begin with; a big value makes it grow

}  // namespace

Result<std::unique_ptr<TcpChannel>> TcpChannel::open(const Endpoint& server,
                                                     const RequestText& text, Judge& judge,
                                                     unsigned outstanding, unsigned reads) {
  auto socket = connect_tcp(server);
  if (!socket) return std::unexpected(socket.error());
  return std::unique_ptr<TcpChannel>(
      new TcpChannel(server, std::move(*socket), text, judge, outstanding, reads));
}

TcpChannel::TcpChannel(const Endpoint& server, Fd socket, const RequestText& text, Judge& judge,
                       unsigned outstanding, unsigned reads)
    : server_(server),
      socket_(std::move(socket)),
      text_(text),
      judge_(judge),
      ring_(std::bit_ceil(2 * outstanding)),
      reads_(ring_.size() * reads),
      out_(kBuffer),
      in_(kBuffer) {
  for (std::size_t i = 0; i < ring_.size(); i++) ring_[i].read = &reads_[i * reads];
}

void TcpChannel::submit(Request& request) {
  char* const start = reserve_out(text_.longest(request.reads, request.value_bytes));
  char* const end = text_.write(request, start);
  out_end_ += static_cast<std::size_t>(end - start);
  judge_.tally().add(Counter::sent_bytes, static_cast<std::size_t>(end - start));
  tail_++;
}

char* TcpChannel::reserve_out(std::size_t bytes) {
  if (out_begin_ == out_end_) out_begin_ = out_end_ = 0;
  if (out_end_ + bytes > out_.size()) {
    std::memmove(out_.data(), &out_[out_begin_], out_end_ - out_begin_);
    out_end_ -= out_begin_;
    out_begin_ = 0;
  }
  if (out_end_ + bytes > out_.size()) out_.resize(2 * (out_end_ + bytes));
  return &out_[out_end_];
}

Result<unsigned> TcpChannel::reconnect() {
  auto socket = connect_tcp(server_);
  if (!socket) return std::unexpected(socket.error());
  socket_ = std::move(*socket);
  unsigned ended = 0;
  for (; head_ != tail_; head_++) {
    if (at(head_).kind == Request::Kind::kNoop) continue;
    judge_.cut_off();
    ended++;
  }
  out_begin_ = out_end_ = in_begin_ = in_end_ = 0;
  judge_.tally().add(Counter::reconnects);
  return ended;
}

Result<void> TcpChannel::flush() {
  if (head_ != tail_ && at(tail_ - 1).quiet) {
    Request& noop = begin();
    noop.kind = Request::Kind::kNoop;
    noop.quiet = false;
    submit(noop);
  }
  while (wants_to_write()) {
    const ssize_t taken =
        send(socket_.get(), &out_[out_begin_], out_end_ - out_begin_, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EAGAIN) return {};
      if (errno == EINTR) continue;
      return fail("the server closed a connection", errno);
    }
    out_begin_ += static_cast<std::size_t>(taken);
  }
  return {};
}

Result<unsigned> TcpChannel::receive() {
  unsigned ended = 0;
  for (;;) {
    const auto filled = fill();
    if (!filled) return std::unexpected(filled.error());
    judge_.received_at(monotonic_ns());
    const auto answered = answer();
    if (!answered) return answered;
    ended += *answered;
    if (!*filled) return ended;
  }
}

/// Reads once; true if there may be more.
Result<bool> TcpChannel::fill() {
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  if (in_.size() - in_end_ < in_.size() / 4) {
    std::memmove(in_.data(), &in_[in_begin_], in_end_ - in_begin_);
    in_end_ -= in_begin_;
    in_begin_ = 0;
    if (in_.size() - in_end_ < in_.size() / 2) in_.resize(2 * in_.size());
  }
  const std::size_t room = in_.size() - in_end_;
  for (;;) {
    const ssize_t got = recv(socket_.get(), &in_[in_end_], room, 0);
    if (got == 0) return fail("the server closed a connection");
    if (got < 0) {
      if (errno == EAGAIN) return false;
      if (errno == EINTR) continue;
      return fail("a connection broke", errno);
    }
    in_end_ += static_cast<std::size_t>(got);
    judge_.tally().add(Counter::received_bytes, static_cast<std::size_t>(got));
    return static_cast<std::size_t>(got) == room;
  }
}

/// Judges every complete unit in the buffer.
Result<unsigned> TcpChannel::answer() {
  unsigned ended = 0;
  while (in_begin_ < in_end_) {
    const Reply reply = parse_reply({&in_[in_begin_], in_end_ - in_begin_});
    if (reply.kind == ReplyKind::kIncomplete) break;
    ended += retire_quiet();
    if (head_ == tail_) {
      judge_.malformed("an answer to nothing: '" + std::string(reply.line.substr(0, 80)) + "'");
      return fail("a connection is out of step");
    }
    const auto verdict = judge_.judge(at(head_), reply);
    if (verdict == Judge::Verdict::kBroken) return fail("a connection is out of step");
    in_begin_ += reply.size;
    if (verdict == Judge::Verdict::kMore) continue;
    if (at(head_).kind != Request::Kind::kNoop) ended++;
    head_++;
  }
  return ended;
}

/// An answer is coming in, so the quiet sets before the request it belongs to are over.
unsigned TcpChannel::retire_quiet() {
  unsigned retired = 0;
  for (; head_ != tail_ && at(head_).quiet; head_++, retired++) judge_.executed(at(head_));
  return retired;
}

}  // namespace bmc::bench

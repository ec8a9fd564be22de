// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/udp_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"

namespace bmc::bench {
namespace {

constexpr std::uint64_t kRestNs = 1'000'000'000;  // for an id whose answer may still come

}  // namespace

Result<std::unique_ptr<UdpChannel>> UdpChannel::open(const Endpoint& server,
                                                     const RequestText& text, Judge& judge,
                                                     Limits limits) {
  auto socket = connect_udp(server);
  if (!socket) return std::unexpected(socket.error());
  return std::unique_ptr<UdpChannel>(new UdpChannel(std::move(*socket), text, judge, limits));
}

UdpChannel::UdpChannel(Fd socket, const RequestText& text, Judge& judge, Limits limits)
    : socket_(std::move(socket)),
      text_(text),
      judge_(judge),
      ids_(limits.outstanding),
      requests_(ids_.slots()),
      assemblies_(ids_.slots()),
      reads_(ids_.slots() * limits.reads),
      request_bytes_(UdpFrame::kBytes + text.longest(limits.reads, limits.value_bytes)),
      out_(limits.outstanding * request_bytes_),
      out_headers_(limits.outstanding),
      out_parts_(limits.outstanding),
      in_(kBatch * kDatagramBytes),
      in_headers_(kBatch),
      in_parts_(kBatch) {
  for (std::size_t i = 0; i < requests_.size(); i++) requests_[i].read = &reads_[i * limits.reads];
  for (unsigned i = 0; i < limits.outstanding; i++) {
    out_parts_[i].iov_base = &out_[i * request_bytes_];
    out_headers_[i].msg_hdr.msg_iov = &out_parts_[i];
    out_headers_[i].msg_hdr.msg_iovlen = 1;
  }
  for (unsigned i = 0; i < kBatch; i++) {
    in_parts_[i] = {&in_[i * kDatagramBytes], kDatagramBytes};
    in_headers_[i].msg_hdr.msg_iov = &in_parts_[i];
    in_headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

Request& UdpChannel::begin() {
  const std::size_t slot = ids_.slot_of(ids_.acquire());
  assemblies_[slot].next_sequence = 0;
  assemblies_[slot].bytes.clear();
  return requests_[slot];
}

void UdpChannel::submit(Request& request) {
  // The kernel has taken nothing for a whole timeout: this one is lost as well.
  if (queued_ == out_headers_.size()) return;
  const auto slot = static_cast<std::size_t>(&request - requests_.data());
  char* const start = static_cast<char*>(out_parts_[queued_].iov_base);
  char* const end = text_.write(request, UdpFrame{.request_id = ids_.id_of(slot)}.write(start));
  out_parts_[queued_].iov_len = static_cast<std::size_t>(end - start);
  judge_.tally().add(Counter::sent_bytes, out_parts_[queued_].iov_len);
  queued_++;
}

Result<void> UdpChannel::flush() {
  while (sent_ < queued_) {
    const int taken = sendmmsg(socket_.get(), &out_headers_[sent_], queued_ - sent_, 0);
    if (taken > 0) {
      sent_ += static_cast<unsigned>(taken);
      continue;
    }
    if (errno == EAGAIN || errno == ENOBUFS) return {};
    if (errno == EINTR) continue;
    if (auto survived = on_send_error(errno); !survived) return survived;
  }
  sent_ = queued_ = 0;
  return {};
}

/// An unreachable server is a loss like any other: the run goes on.
Result<void> UdpChannel::on_send_error(int error) {
  if (error == EMSGSIZE) {
    return fail("a request does not fit a UDP datagram", error, "use --sets tcp", ExitCode::kUsage);
  }
  judge_.tally().add(Counter::refused);
  // ECONNREFUSED tells of an earlier datagram; anything else, of this one.
  if (error != ECONNREFUSED) sent_++;
  return {};
}

Result<unsigned> UdpChannel::receive() {
  unsigned ended = 0;
  for (;;) {
    const int count = recvmmsg(socket_.get(), in_headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == EAGAIN) return ended;
      if (errno == EINTR) continue;
      judge_.tally().add(Counter::refused);
      continue;
    }
    judge_.received_at(monotonic_ns());
    for (int i = 0; i < count; i++) {
      ended +=
          take_datagram({static_cast<const char*>(in_parts_[i].iov_base), in_headers_[i].msg_len});
    }
    if (count < static_cast<int>(kBatch)) return ended;
  }
}

bool UdpChannel::take_datagram(std::string_view datagram) {
  judge_.tally().add(Counter::received_bytes, datagram.size());
  // memcached sends a frame header alone, of total 0, for a multi-get's first keys that miss.
  if (datagram.size() == UdpFrame::kBytes) return false;
  const auto frame = UdpFrame::read(datagram);
  if (!frame) {
    judge_.malformed(fmt::format("a datagram of {} bytes without a valid frame", datagram.size()));
    return false;
  }
  if (!ids_.holds(frame->request_id)) {
    judge_.tally().add(Counter::late);
    return false;
  }
  const std::size_t slot = ids_.slot_of(frame->request_id);
  std::string_view message = datagram.substr(UdpFrame::kBytes);
  if (frame->total > 1) {
    const auto whole = assemble(assemblies_[slot], *frame, message);
    if (!whole) return false;
    message = *whole;
  }
  if (!take_message(requests_[slot], message)) return false;
  ids_.release(frame->request_id);
  return true;
}

std::optional<std::string_view> UdpChannel::assemble(Assembly& assembly, const UdpFrame& frame,
                                                     std::string_view payload) {
  if (frame.sequence == 0) {
    assembly.bytes.clear();
  } else if (frame.sequence != assembly.next_sequence) {
    return std::nullopt;
  }
  assembly.next_sequence = static_cast<std::uint16_t>(frame.sequence + 1);
  assembly.bytes.insert(assembly.bytes.end(), payload.begin(), payload.end());
  if (assembly.next_sequence != frame.total) return std::nullopt;
  return std::string_view(assembly.bytes.data(), assembly.bytes.size());
}

bool UdpChannel::take_message(Request& request, std::string_view message) {
  auto verdict = Judge::Verdict::kMore;
  while (!message.empty()) {
    const Reply reply = parse_reply(message);
    if (verdict != Judge::Verdict::kMore || reply.kind == ReplyKind::kIncomplete) {
      judge_.malformed(fmt::format("a message goes on, or ends, with '{}'", message.substr(0, 80)));
      return true;
    }
    verdict = judge_.judge(request, reply);
    if (verdict == Judge::Verdict::kBroken) return true;
    message.remove_prefix(reply.size);
  }
  return verdict == Judge::Verdict::kDone;
}

unsigned UdpChannel::expire(std::uint64_t sent_before_ns) {
  unsigned ended = 0;
  for (std::size_t slot = 0; slot < requests_.size(); slot++) {
    if (!ids_.is_held(slot) || requests_[slot].sent_ns >= sent_before_ns) continue;
    ids_.abandon(ids_.id_of(slot));
    judge_.tally().add(Counter::lost);
    ended++;
  }
  if (sent_before_ns > aged_ns_ + kRestNs) {
    aged_ns_ = sent_before_ns;
    ids_.age();
  }
  return ended;
}

}  // namespace bmc::bench

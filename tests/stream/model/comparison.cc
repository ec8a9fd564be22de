// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/comparison.h"

#include <fmt/core.h>

#include <algorithm>

namespace bmc::stream {
namespace {

constexpr std::size_t kExcerpt = 90;
constexpr std::size_t kBefore = 20;  // right bytes that are shown before a wrong one

}  // namespace

std::string excerpt(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kExcerpt)) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (bytes.size() > kExcerpt) text += fmt::format("... ({} bytes)", bytes.size());
  return text;
}

/// Requests without a reply are not kept: what they do shows in the replies behind them.
void Comparison::expect(const Request& request) {
  requests_++;
  if (request.reply.empty()) return;
  owed_.push_back({requests_ - 1, request.bytes.substr(0, kExcerpt), request.reply});
  outstanding_++;
}

std::optional<WrongByte> Comparison::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    if (owed_.empty()) return wrong(bytes, 0);
    const std::string& reply = owed_.front().reply;
    const std::size_t length = std::min(bytes.size(), reply.size() - done_);
    const auto expected = std::string_view(reply).substr(done_, length);
    if (bytes.substr(0, length) != expected) {
      const auto place = std::mismatch(expected.begin(), expected.end(), bytes.begin());
      return wrong(bytes, static_cast<std::size_t>(place.first - expected.begin()));
    }
    bytes.remove_prefix(length);
    received_ += length;
    done_ += length;
    if (done_ == reply.size()) settle_first();
  }
  return std::nullopt;
}

void Comparison::settle_first() {
  owed_.pop_front();
  done_ = 0;
  outstanding_--;
}

/// @at: of @bytes, of which the first stands at done_ of the reply.
WrongByte Comparison::wrong(std::string_view bytes, std::size_t at) const {
  const std::size_t from = at - std::min(at, kBefore);
  WrongByte found{.offset = received_ + at,
                  .request = requests_,
                  .asked = "(nothing)",
                  .expected = "(nothing)",
                  .got = excerpt(bytes.substr(from))};
  if (!owed_.empty()) {
    found.request = owed_.front().request;
    found.asked = excerpt(owed_.front().asked);
    found.expected = excerpt(std::string_view(owed_.front().reply).substr(done_ + from));
  }
  return found;
}

std::string Comparison::oldest() const {
  if (owed_.empty()) return "(nothing)";
  return fmt::format("request {}: {}, {} of {} bytes of its reply have come", owed_.front().request,
                     excerpt(owed_.front().asked), done_, owed_.front().reply.size());
}

}  // namespace bmc::stream

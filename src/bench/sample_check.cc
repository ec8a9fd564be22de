// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/sample_check.h"

#include <fmt/format.h>

#include "bench/reply_parser.h"
#include "bench/udp_frame.h"
#include "bench/value.h"

namespace bmc::bench {

std::string check_sample(const KeySpace& keys, std::string_view payload) {
  const auto frame = UdpFrame::read(payload);
  if (!frame) return "no valid frame before the reply";
  if (frame->total != 1) return {};  // one part of several says nothing by itself
  payload.remove_prefix(UdpFrame::kBytes);

  const Reply value = parse_reply(payload);
  if (value.kind != ReplyKind::kValue) return "not a whole value";
  const auto number = keys.number(value.key);
  if (!number) return fmt::format("'{}' is not a key of this benchmark", value.key);
  if (value.flags != value_flags(*number)) {
    return fmt::format("{} has flags {}", value.key, value.flags);
  }
  const auto stamp = read_value(value.data, *number);
  if (!stamp) return fmt::format("the value of {} is not one of a benchmark", value.key);
  if (stamp->key != *number) {
    return fmt::format("{} carries the value of key number {}", value.key, stamp->key);
  }
  if (payload.substr(value.size) != "END\r\n") return "no END after the value";
  return {};
}

}  // namespace bmc::bench

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A second implementation of what the kernel side serves, written from
// protocol.txt in the plainest way, with strings and no eye on speed: the oracle
// of the BPF tests, the host's unit tests and the fuzzers. It shares no line
// with bpf/serve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bmc::reference {

struct ServedRequest {
  bool is_meta = false;
  std::vector<std::string> keys;
  std::vector<std::string> flags;  ///< of an mg, as tokens, in their order

  bool operator==(const ServedRequest&) const = default;
};

/// The request that stands in a datagram behind its frame header, if it is of
/// the form that is served: one "get <key>{1,64}\r\n" or "mg <key> <flag>*\r\n"
/// and nothing else.
std::optional<ServedRequest> parse_served(std::string_view text);

struct Item {
  std::uint32_t flags = 0;
  std::string data;
  std::optional<std::uint64_t> cas = {};
};
using Items = std::map<std::string, Item>;

/// The text that a block keeps and a get's reply is made of.
std::string value_text(const std::string& key, const Item& item);

/// memcached's reply in one datagram; nothing if memcached has to give it
/// itself: a key is missing, its CAS is asked for and unknown, or the reply
/// exceeds 1400 bytes with its frame header.
std::optional<std::string> reply_text(const ServedRequest& request, const Items& items);

}  // namespace bmc::reference

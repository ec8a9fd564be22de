// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whether memcached has read exactly what its clients have sent, in their order, each request
// once and whole. Only a get whose keys are all there may be absent: then somebody else has
// answered it. What is wrong here need not show in any reply: a request that is executed twice
// mostly says the same twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journal.h"

namespace bmc::stream {

enum class Fault : std::uint8_t {
  kMissing,   ///< a request that only memcached can answer was not read
  kTwice,     ///< one that was read before came again
  kDamaged,   ///< bytes that are no request, or not the one that is due
  kCutOff,    ///< the last one is not whole
  kNoStream,  ///< nothing at all of this connection was read
  kStranger,  ///< a connection that begins as ours do is in no journal
};

std::string_view name_of(Fault fault);

struct Finding {
  Fault fault = Fault::kDamaged;
  std::uint16_t local_port = 0;
  std::string connection;     ///< its first request
  std::uint64_t request = 0;  ///< its number on the connection, of the one that was due
  std::uint64_t offset = 0;   ///< in what memcached read there
  std::string due = {};       ///< printable, as the next one
  std::string read = {};
};

struct Judgement {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;  ///< that were sent
  std::uint64_t servable = 0;  ///< of these, that need not have been read
  std::uint64_t absent = 0;    ///< of these, that were not
  std::uint64_t bytes = 0;     ///< that memcached read
  std::vector<Finding> findings;
};

/// Other connections' bytes may be among @received. Connections that their clients gave up are
/// judged up to the first request that is not there.
Judgement judge(const std::vector<Sent>& sent, const std::vector<std::string>& received);

}  // namespace bmc::stream

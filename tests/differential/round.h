// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// One stream through a real memcached and through the tap, and the judgement:
// what the cache would serve is what memcached holds, at every moment at which
// memcached has nothing left to do.
#pragma once

#include <cstdint>
#include <string>

#include "kernel.h"
#include "stream.h"

namespace bmc::differential {

struct Counts {
  std::uint64_t streams = 0, pieces = 0, bytes = 0;
  std::uint64_t out_of_sync = 0;  // streams that were so at some time
  std::uint64_t flushes = 0;      // streams in which memcached executed one
  std::uint64_t looks = 0;        // moments of comparison
  std::uint64_t changes = 0;      // keys that memcached changed between two of them
  std::uint64_t kept = 0;         // of these, cached with the new value: published
  std::uint64_t needless = 0;     // keys in sync streams that left the cache unchanged
  std::uint64_t deaths = 0;       // of memcached by itself
};

struct Settings {
  std::string forge_from, forge_to;  // what the tap is shown for what
};

struct Verdict {
  std::string objection;   // empty: all is well
  bool is_spoilt = false;  // the server is not fit for another round
};

/// Throws Gone if the server dies.
Verdict play(Server& server, const Stream& stream, std::uint64_t seed, const Settings& settings,
             Counts& counts);

}  // namespace bmc::differential

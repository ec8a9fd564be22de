// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the tap makes of a stream of requests, cut in any way; and that it must
// not matter how it is cut. For tests and fuzzers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/connection.h"

namespace bmc::host {

/// The lengths of what each recv brings; the rest of the stream comes at once.
using Cuts = std::vector<std::size_t>;

struct Followed {
  std::vector<std::uint32_t> begun;  // the buckets of all writes, in order
  std::uint32_t flushes = 0;
  bool is_global = false;  // at some time any key was taken for written
  host_conn end{};
  std::string objection;  // to what happened on the way
};

/// A fresh cache in which these keys are, so that their writes may be staged.
void load_for_following(const std::vector<std::string>& keys);

/// The same without a new load, which takes its time.
void fill_for_following(const std::vector<std::string>& keys);

std::uint32_t bucket_of(const std::string& key);
std::uint64_t hash_for_following(const std::string& key);

/// On a connection of its own, which ends behind it.
Followed follow(std::string_view stream, const Cuts& cuts);

/// What is left of connections that are all gone, and should not be: an open write, a block that
/// nothing links. Empty if there is nothing.
std::string what_remains();

/// Why the two do not say the same of the stream; empty if they do. What is
/// whole may be known more exactly: a line that is kept over several recvs has
/// 512 bytes at most, and beyond that counts as a write of any key.
std::string difference(std::string_view stream, const Followed& whole, const Followed& cut);

}  // namespace bmc::host

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/follow.h"

#include <algorithm>
#include <cstring>

#include "cache/hash.h"
#include "host/fill_item.h"
#include "host/serve.h"
#include "reference/block.h"

namespace bmc::host {
namespace {

constexpr std::uint32_t kBuckets = 64, kSlabs = 16;
constexpr std::uint64_t kSeed = 0x9e2f6d1c55aa7013;
constexpr std::uint64_t kAsked = 16384;  // memcached's buffer for commands

void put(const std::string& key) {
  fill_item(hash_for_following(key), key, reference::Item{.data = "old"});
}

std::size_t longest_line(std::string_view stream) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t end = std::min(stream.find('\n', at), stream.size());
    longest = std::max(longest, end - at + 1);
    at = end + 1;
  }
  return longest;
}

/// A write that has just begun cannot be over: memcached has not run yet.
std::string objection_to_opens(const WriteLog& log, std::size_t from) {
  for (std::size_t i = from; i < log.begun().size(); i++) {
    if (host_bucket(log.begun()[i])->opens == 0 && host_state()->global_opens == 0) {
      return "a write is over before memcached runs";
    }
  }
  return "";
}

std::uint32_t blocks_linked() {
  std::uint32_t linked = 0;
  for (std::uint32_t i = 0; i < kBuckets; i++) {
    for (const std::uint64_t word : host_bucket(i)->slots) linked += word != 0;
  }
  return linked;
}

bool same_position(const host_conn& a, const host_conn& b) {
  return a.phase == b.phase && a.protocol == b.protocol && a.data_left == b.data_left &&
         a.is_handed_off == b.is_handed_off && a.carried_bytes == b.carried_bytes &&
         std::memcmp(a.carried, b.carried, a.carried_bytes) == 0;
}

bool includes(const Followed& more, const Followed& less) {
  return more.is_global || std::ranges::all_of(less.begun, [&](std::uint32_t bucket) {
           return std::ranges::count(more.begun, bucket) >= std::ranges::count(less.begun, bucket);
         });
}

}  // namespace

std::uint64_t hash_for_following(const std::string& key) {
  std::uint8_t padded[BMC_KEY_MAX + 8] = {};
  std::memcpy(padded, key.data(), key.size());
  return hash_key(kSeed, padded, static_cast<std::uint32_t>(key.size()));
}

void load_for_following(const std::vector<std::string>& keys) {
  host_load(kBuckets, kSlabs, kSeed);
  fill_for_following(keys);
}

void fill_for_following(const std::vector<std::string>& keys) {
  // What connections leave behind: a flush stops serving, until a daemon comes.
  host_state()->stopped = 0;
  host_state()->epoch++;
  for (const std::string& key : keys) put(key);
}

std::uint32_t bucket_of(const std::string& key) {
  return hash_bucket(hash_for_following(key), kBuckets);
}

Followed follow(std::string_view stream, const Cuts& cuts) {
  Followed result;
  const std::uint32_t epoch = host_state()->epoch, flushes = host_state()->flushes;
  {
    const WriteLog log(kBuckets);
    Connection connection;
    for (std::size_t at = 0, i = 0; at < stream.size(); i++) {
      const std::size_t left = stream.size() - at;
      const std::size_t bytes = i < cuts.size() ? std::min(cuts[i], left) : left;
      const std::size_t begun = log.begun().size();
      connection.received(stream.substr(at, bytes), std::max<std::uint64_t>(kAsked, bytes + 1));
      if (result.objection.empty()) result.objection = objection_to_opens(log, begun);
      at += bytes;
    }
    result.begun = log.begun();
    result.end = connection.look();
  }
  result.flushes = host_state()->flushes - flushes;
  result.is_global = host_state()->epoch != epoch;
  if (result.objection.empty()) result.objection = what_remains();
  return result;
}

std::string what_remains() {
  if (host_state()->global_opens != 0 || host_state()->unsynced != 0)
    return "a global open is left";
  if (host_state()->flush_opens != 0) return "a flush is left open";
  for (std::uint32_t i = 0; i < kBuckets; i++) {
    if (host_bucket(i)->opens != 0) return "a bucket is left open";
  }
  return blocks_linked() == host_blocks_in_use() ? "" : "a block is lost";
}

std::string difference(std::string_view stream, const Followed& whole, const Followed& cut) {
  if (!whole.objection.empty()) return whole.objection;
  if (!cut.objection.empty()) return cut.objection;
  if (whole.end.lost == BMC_DESYNC_TOO_MANY) return includes(whole, cut) ? "" : "a write is missed";
  if (longest_line(stream) > HOST_CARRIED_MAX)
    return includes(cut, whole) ? "" : "a write is missed";
  if (whole.end.lost != cut.end.lost) return "one of them is out of sync, or for another reason";
  if (whole.begun != cut.begun) return "other writes";
  if (whole.flushes != cut.flushes) return "other flushes";
  if (whole.end.lost == 0 && !same_position(whole.end, cut.end))
    return "another position in the stream";
  return "";
}

}  // namespace bmc::host

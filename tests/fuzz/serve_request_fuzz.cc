// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A request's text against a second reading of the protocol: whatever the
// reference reads as a request that is served is answered, and rightly, since
// all its keys are cached; whatever it does not passes as it came.
#include <cstdio>
#include <cstdlib>
#include <set>

#include "cache/hash.h"
#include "host/instance.h"

namespace {

using namespace bmc;

void require(bool holds, const std::string& what, std::string_view text) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  for (const char c : text) std::fprintf(stderr, "%02x ", static_cast<unsigned char>(c));
  std::fprintf(stderr, "\n");
  std::abort();
}

/// A value that follows from the key, of any length up to what replies hold.
reference::Item item_for(const host::Instance& instance, const std::string& key) {
  const std::uint64_t hash = instance.hash(key);
  reference::Item item{.flags = static_cast<std::uint32_t>(hash), .data = {}};
  item.data.assign(hash >> 32 & 1 ? hash >> 33 & 15 : hash >> 33 & 1023, static_cast<char>(hash >> 50));
  if (hash >> 62 & 1) item.cas = hash;
  return item;
}

/// Do keys of one request take each other's slot? Then a miss is right.
bool tags_collide(const host::Instance& instance, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (!instance.holds(key)) return true;
  }
  std::set<std::string> distinct(keys.begin(), keys.end());
  std::set<std::pair<std::uint32_t, std::uint64_t>> places;
  for (const auto& key : distinct) {
    const auto hash = instance.hash(key);
    places.emplace(hash_bucket(hash, host::Instance::kBuckets), hash_tag(hash));
  }
  return places.size() != distinct.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static host::Instance instance;
  if (size < 1 || size > 1473) return 0;
  if (instance.items().size() > 10000) instance = host::Instance();
  const auto hook = data[0] & 1 ? HOST_TC : HOST_XDP;
  const std::string text(data + 1, data + size);
  auto datagram = data[0] & 2 ? host::Instance::request_v6(text) : host::Instance::request(text);
  if (data[0] & 4) datagram.padding.assign(data[0] >> 3, 0);
  const bool is_partial = hook == HOST_TC && data[0] & 0x80;
  if (is_partial) datagram.checksum = reference::Checksum::kPartial;

  const auto parsed = reference::parse_served(text);
  std::optional<std::string> reply;
  if (parsed) {
    // Every entry is a fresh one: nothing is due to be refreshed.
    for (const auto& key : parsed->keys) instance.put(key, item_for(instance, key));
    reply = reference::reply_text(*parsed, instance.items());
  }
  const reference::Bytes frame = reference::build(datagram);
  const host::Verdict verdict = instance.run(hook, frame, is_partial);
  require(instance.objection(frame, verdict).empty(), instance.objection(frame, verdict), text);
  require(verdict.answered == reply.has_value() || (reply && tags_collide(instance, parsed->keys)),
          reply ? "passed what is served" : "answered what is not served", text);
  return 0;
}

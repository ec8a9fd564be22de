// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel.h"

#include <algorithm>
#include <cstring>

#include "cache/hash.h"
#include "host/serve.h"
#include "reference/block.h"

namespace bmc::differential {
namespace {

constexpr std::uint32_t kBuckets = 64, kSlabs = 16;
constexpr std::uint64_t kSeed = 0x9e2f6d1c55aa7013, kNsPerS = 1'000'000'000;
constexpr std::int64_t kShortS = 5;  // what lives no longer is not filled: it would be a race

std::uint64_t hash_of(const std::string& key) {
  std::uint8_t padded[BMC_KEY_MAX + 8] = {};
  std::memcpy(padded, key.data(), key.size());
  return hash_key(kSeed, padded, static_cast<std::uint32_t>(key.size()));
}

std::string text_of(const std::string& key, const Item& item) {
  return reference::value_text(key, {.flags = item.flags, .data = item.data});
}

}  // namespace

Kernel::Kernel(const Clock& clock) : clock_(clock) {
  host_load(kBuckets, kSlabs, kSeed);
  host_set_time(monotonic_ns());
  host_state()->start_low_ns = clock.start_low_ns;
  host_state()->clock_floor_s = clock.floor_s;
  host_state()->process_started_s = clock.process_started_s;
  host_state()->ttl_known = 1;
}

bmc_lease Kernel::lease(const std::string& key) const {
  bmc_lease lease{};
  lease.hash = hash_of(key);
  host_lease(&lease);
  return lease;
}

void Kernel::fill(const std::string& key, const Item& item, const bmc_lease& lease) {
  const std::string text = text_of(key, item);
  const bool is_short = item.ttl_s >= 0 && item.ttl_s <= kShortS;
  if (lease.result != 0 || item.is_odd || is_short || text.size() > BMC_TEXT_MAX) return;
  const std::uint64_t end_ns =
      clock_.start_low_ns + (clock_.floor_s + static_cast<std::uint64_t>(item.ttl_s)) * kNsPerS;
  bmc_fill fill{};
  fill.lease = lease;
  fill.block = reference::block_of(
      key, {.flags = item.flags, .data = item.data, .cas = item.cas}, text,
      item.ttl_s < 0 ? 0 : static_cast<std::uint32_t>(end_ns >> BMC_TICK_SHIFT));
  fill.text = reinterpret_cast<std::uint64_t>(text.data());
  host_fill(&fill);
}

void Kernel::show(const Event& event) {
  host_set_time(monotonic_ns());
  switch (event.what) {
    case Happened::kAccept:
      connection_ = std::make_unique<host::Connection>();
      break;
    case Happened::kRead: {
      if (event.result <= 0 || !connection_) break;
      std::string bytes = event.pieces.at(0);
      const auto& [from, to] = forged_;
      if (bytes.starts_with(from)) bytes.replace(0, from.size(), to);
      connection_->received(bytes, event.asked);
      break;
    }
    case Happened::kSend:
      if (event.result > 0 && connection_) {
        connection_->sent(event.pieces, static_cast<std::uint32_t>(event.result));
      }
      break;
    case Happened::kClose:
      connection_.reset();
      break;
    case Happened::kIdle:
      break;
  }
  was_lost_ = was_lost_ || host_state()->unsynced > 0;
  has_misfit_ = has_misfit_ || (connection_ && connection_->look().lost == BMC_DESYNC_REPLY);
}

const bmc_block* Kernel::cached(const std::string& key) const {
  const bmc_block* block = host_cached(hash_of(key));
  if (!block) return nullptr;
  const std::string_view text(reinterpret_cast<const char*>(block) + BMC_BLOCK_HEADER,
                              block->text_bytes);
  // Another key may have its tag.
  if (text.substr(BMC_TEXT_KEY, block->key_bytes) != key) return nullptr;
  const bool is_over = block->expiry != 0 && block->expiry <= monotonic_ns() >> BMC_TICK_SHIFT;
  return is_over ? nullptr : block;
}

std::string Kernel::objection(const std::string& key, const std::optional<Item>& item) const {
  const bmc_block* block = cached(key);
  if (!block) return "";
  if (!item) return "it is cached, and memcached has it no more";
  const std::string text(reinterpret_cast<const char*>(block) + BMC_BLOCK_HEADER,
                         block->text_bytes);
  const std::uint64_t cas = static_cast<std::uint64_t>(block->cas_high) << 32 | block->cas_low;
  if (text != text_of(key, *item)) return "another value is cached: " + text;
  if (cas != 0 && cas != item->cas) return "another CAS unique is cached";
  if ((block->expiry == 0) != (item->ttl_s < 0)) return "another time to live is cached";
  const std::uint64_t end_ns =
      monotonic_ns() + (static_cast<std::uint64_t>(item->ttl_s) + 1) * kNsPerS;
  if (block->expiry != 0 && block->expiry > end_ns >> BMC_TICK_SHIFT)
    return "it is cached for longer";
  return "";
}

std::string Kernel::objection_to_end() const {
  if (has_misfit_) return "a reply came for which nothing was outstanding";
  if (host_state()->doubt != 0) return "the tap doubts itself";
  if (host_state()->global_opens != 0) return "a global open is left";
  if (host_state()->unsynced != 0 || host_state()->flush_opens != 0) return "a count is left";
  for (std::uint32_t i = 0; i < kBuckets; i++) {
    if (host_bucket(i)->opens != 0) return "a bucket is left open";
  }
  return "";
}

}  // namespace bmc::differential

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/cache_walk.h"

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "bpf/calls.h"
#include "bpf/counters.h"
#include "bpf/sizing.h"
#include "cache/hash.h"

namespace bmc {
namespace {

constexpr std::uint32_t kBatch = 4096;

#define X(index, bytes, blocks) std::uint32_t{bytes},
constexpr std::array kBlockBytes{BMC_SIZE_CLASSES(X)};
#undef X

std::uint64_t bits_of(std::uint64_t word, unsigned shift, unsigned bits) {
  return word >> shift & ((std::uint64_t{1} << bits) - 1);
}

/// A copy of one block, taken while others may write to it.
struct BlockCopy {
  bmc_block head;
  std::array<char, BMC_TEXT_MAX> text;
};

class Walk {
 public:
  Walk(const KernelSide& kernel, const Mapping& chunks)
      : kernel_(kernel),
        chunks_(chunks.array<const bmc_chunk>()),
        epoch_(atomic(kernel.state().epoch).load()),
        now_ns_(monotonic_ns()),
        now_jiffies_(jiffies_now(kernel)) {}

  void visit(std::uint32_t index, const bmc_bucket& bucket,
             const std::function<void(const CachedItem&)>& each) {
    for (const std::uint64_t word : bucket.slots) {
      if (word == 0 || !copy(word)) continue;
      if (const auto item = check(index, word)) each(*item);
    }
  }

 private:
  bool copy(std::uint64_t word) {
    const auto chunk = bits_of(word, BMC_SLOT_CHUNK_SHIFT, BMC_SLOT_CHUNK_BITS);
    const auto offset =
        bits_of(word, BMC_SLOT_OFFSET_SHIFT, BMC_SLOT_OFFSET_BITS) * BMC_BLOCK_UNIT;
    const std::uint32_t bytes = kBlockBytes[bits_of(word, 0, BMC_SLOT_CLASS_BITS)];
    if (chunk >= chunks_.size() || offset + bytes > BMC_CHUNK_BYTES) return false;
    const std::uint8_t* const block = chunks_[chunk].bytes + offset;
    std::memcpy(&copy_, block, BMC_BLOCK_HEADER);
    std::memcpy(copy_.text.data(), block + BMC_BLOCK_HEADER, bytes - BMC_BLOCK_HEADER);
    return true;
  }

  std::optional<CachedItem> check(std::uint32_t index, std::uint64_t word) const {
    const bmc_block& head = copy_.head;
    const std::uint32_t around = BMC_TEXT_KEY + head.key_bytes + head.head_bytes + 2;
    if (head.epoch != epoch_ || head.bucket != index || head.key_bytes == 0 ||
        head.key_bytes > BMC_KEY_MAX || head.text_bytes > BMC_TEXT_MAX ||
        head.text_bytes < around) {
      return std::nullopt;
    }
    const std::string_view key(copy_.text.data() + BMC_TEXT_KEY, head.key_bytes);
    const std::uint64_t hash = hash_of_key(kernel_, key);
    if (hash_bucket(hash, kernel_.config().buckets) != index ||
        hash_tag(hash) != word >> BMC_SLOT_TAG_SHIFT) {
      return std::nullopt;
    }
    CachedItem item{key, head.text_bytes - around, age_of(head), std::nullopt};
    if (head.expiry == 0) return item;
    const auto expiry_ns = static_cast<std::int64_t>(std::uint64_t{head.expiry} << BMC_TICK_SHIFT);
    item.ttl_s = static_cast<double>(expiry_ns - static_cast<std::int64_t>(now_ns_)) /
                 static_cast<double>(kNsPerSecond);
    if (*item.ttl_s <= 0) return std::nullopt;
    return item;
  }

  std::chrono::seconds age_of(const bmc_block& head) const {
    const std::uint32_t hz = kernel_.config().hz;
    const unsigned shift = BMC_BORN_SHIFT(hz);
    const auto ago = static_cast<std::uint16_t>((now_jiffies_ >> shift) - head.born);
    return std::chrono::seconds((std::uint64_t{ago} << shift) / hz);
  }

  const KernelSide& kernel_;
  std::span<const bmc_chunk> chunks_;
  std::uint32_t epoch_;
  std::uint64_t now_ns_;
  std::uint64_t now_jiffies_;
  BlockCopy copy_{};
};

}  // namespace

Result<void> walk_cache(const KernelSide& kernel,
                        const std::function<void(const CachedItem&)>& each) {
  const std::size_t bytes = std::size_t{chunks_for(kernel.config().slabs)} * sizeof(bmc_chunk);
  const auto chunks = Mapping::of(kernel.fd(Map::kChunks), bytes, Mapping::Access::kRead);
  if (!chunks) return std::unexpected(chunks.error());
  Walk walk(kernel, *chunks);
  std::vector<std::uint32_t> keys(kBatch);
  std::vector<bmc_bucket> buckets(kBatch);
  std::uint32_t cursor = 0;
  for (bool is_first = true;; is_first = false) {
    std::uint32_t count = kBatch;
    const int failed = bpf_map_lookup_batch(kernel.fd(Map::kBuckets), is_first ? nullptr : &cursor,
                                            &cursor, keys.data(), buckets.data(), &count, nullptr);
    const int err = failed ? errno : 0;
    if (failed && err != ENOENT) return fail("cannot read the index", err);
    for (std::uint32_t i = 0; i < count; i++) walk.visit(keys[i], buckets[i], each);
    if (failed) return {};  // ENOENT: that was the last batch
  }
}

}  // namespace bmc

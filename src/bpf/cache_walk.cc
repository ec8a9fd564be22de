// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/cache_walk.h"

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "bpf/calls.h"
#include "cache/hash.h"

namespace bmc {
namespace {

constexpr std::uint32_t kBatch = 4096;

#define X(index, bytes, blocks) std::uint32_t{bytes},
constexpr std::array kBlockBytes{BMC_SIZE_CLASSES(X)};
#undef X
#define X(index, bytes, blocks) std::uint32_t{blocks},
constexpr std::array kBlocksInSlab{BMC_SIZE_CLASSES(X)};
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
  Walk(const KernelSide& kernel, const Mapping& slabs)
      : kernel_(kernel),
        slabs_(slabs.array<const bmc_slab>()),
        epoch_(atomic(kernel.state().epoch).load()),
        now_ns_(monotonic_ns()) {}

  void visit(std::uint32_t index, const bmc_bucket& bucket,
             const std::function<void(const CachedItem&)>& each) {
    for (const std::uint64_t word : bucket.slots) {
      if (word == 0 || !copy(word)) continue;
      if (const auto item = check(index, word)) each(*item);
    }
  }

 private:
  bool copy(std::uint64_t word) {
    const auto slab = bits_of(word, BMC_SLOT_SLAB_SHIFT, BMC_SLOT_SLAB_BITS);
    const auto block = bits_of(word, BMC_SLOT_BLOCK_SHIFT, BMC_SLOT_BLOCK_BITS);
    const auto size_class = bits_of(word, 0, BMC_SLOT_CLASS_BITS);
    if (slab >= slabs_.size() || block >= kBlocksInSlab[size_class]) return false;
    const std::uint32_t bytes = kBlockBytes[size_class];
    std::memcpy(&copy_, slabs_[slab].bytes + block * bytes, BMC_BLOCK_HEADER);
    std::memcpy(copy_.text.data(), slabs_[slab].bytes + block * bytes + BMC_BLOCK_HEADER,
                bytes - BMC_BLOCK_HEADER);
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
    CachedItem item{key, head.text_bytes - around, std::nullopt};
    if (head.expiry == 0) return item;
    const auto expiry_ns = static_cast<std::int64_t>(std::uint64_t{head.expiry} << BMC_TICK_SHIFT);
    item.ttl_s = static_cast<double>(expiry_ns - static_cast<std::int64_t>(now_ns_)) /
                 static_cast<double>(kNsPerSecond);
    if (*item.ttl_s <= 0) return std::nullopt;
    return item;
  }

  const KernelSide& kernel_;
  std::span<const bmc_slab> slabs_;
  std::uint32_t epoch_;
  std::uint64_t now_ns_;
  BlockCopy copy_{};
};

}  // namespace

Result<void> walk_cache(const KernelSide& kernel,
                        const std::function<void(const CachedItem&)>& each) {
  const auto slabs =
      Mapping::of(kernel.fd(Map::kSlabs), std::size_t{kernel.config().slabs} * sizeof(bmc_slab),
                  Mapping::Access::kRead);
  if (!slabs) return std::unexpected(slabs.error());
  Walk walk(kernel, *slabs);
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

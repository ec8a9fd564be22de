// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cache/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

u64 hash_of(const std::string& key, u64 seed = 42) {
  u8 padded[BMC_KEY_MAX + 8];
  std::memset(padded, 0xa5, sizeof(padded));
  std::memcpy(padded, key.data(), key.size());
  return hash_key(seed, padded, static_cast<u32>(key.size()));
}

TEST(HashTest, WhatStandsBehindAKeyDoesNotCount) {
  for (u32 bytes = 1; bytes <= BMC_KEY_MAX; bytes++) {
    u8 a[BMC_KEY_MAX + 8], b[BMC_KEY_MAX + 8];
    std::memset(a, 'k', sizeof(a));
    std::memset(b, 'k', sizeof(b));
    std::memset(a + bytes, 0x00, sizeof(a) - bytes);
    std::memset(b + bytes, 0xff, sizeof(b) - bytes);
    EXPECT_EQ(hash_key(7, a, bytes), hash_key(7, b, bytes)) << bytes;
  }
}

TEST(HashTest, EveryByteAndTheLengthCount) {
  for (std::size_t bytes = 1; bytes <= BMC_KEY_MAX; bytes++) {
    const std::string key(bytes, 'k');
    std::set<u64> seen{hash_of(key)};
    for (std::size_t at = 0; at < bytes; at++) {
      std::string other = key;
      other[at] = 'l';
      EXPECT_TRUE(seen.insert(hash_of(other)).second) << bytes << " bytes, at " << at;
    }
    EXPECT_NE(hash_of(key), hash_of(key + 'k'));
  }
}

TEST(HashTest, TheSeedCounts) {
  EXPECT_NE(hash_of("key", 1), hash_of("key", 2));
  EXPECT_NE(hash_of("k", 1), hash_of("k", 2));
}

TEST(HashTest, ABucketIsOneOfThemAndATagIsNeverZero) {
  for (const u32 buckets : {1u, 3u, 64u, 1000u, 0xffffffffu}) {
    for (const u64 hash : {0ull, 1ull, 0x800ull, 0xffffffffull, ~0ull}) {
      EXPECT_LT(hash_bucket(hash, buckets), buckets);
      EXPECT_NE(hash_tag(hash), 0u);
      EXPECT_LT(hash_tag(hash), 1u << BMC_SLOT_TAG_BITS);
    }
  }
}

/// Chi-square of @counts against an even spread, in standard deviations from
/// its mean.
double excess(const std::vector<int>& counts, double total) {
  const double expected = total / static_cast<double>(counts.size());
  double chi = 0;
  for (const int count : counts) chi += (count - expected) * (count - expected) / expected;
  const auto freedom = static_cast<double>(counts.size() - 1);
  return (chi - freedom) / std::sqrt(2 * freedom);
}

// Key families as applications have them: they differ in few bits only.
TEST(HashTest, KeysOfOneFamilySpreadOverBucketsAndTags) {
  constexpr int kKeys = 100000;
  for (const char* family : {"key:%d", "user:%08d:profile", "%d", "some/long/prefix/of/an/application/%016d"}) {
    std::vector<int> buckets(1000), tags(1 << BMC_SLOT_TAG_BITS), low(64);
    for (int i = 0; i < kKeys; i++) {
      char key[64];
      std::snprintf(key, sizeof(key), family, i);
      const u64 hash = hash_of(key);
      buckets[hash_bucket(hash, 1000)]++;
      tags[hash_tag(hash)]++;
      low[hash_bucket(hash, 8) * 8 + hash_tag(hash) % 8]++;
    }
    tags[1] /= 2;  // tag 0 counts as 1
    tags.erase(tags.begin());
    EXPECT_LT(excess(buckets, kKeys), 6) << family;
    EXPECT_LT(excess(tags, kKeys), 6) << family;
    EXPECT_LT(excess(low, kKeys), 6) << family;
  }
}

}  // namespace

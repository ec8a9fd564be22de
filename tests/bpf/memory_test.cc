// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where values go: size classes, slabs, what is evicted when memory is full or
// a bucket is, and that the books balance afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <random>
#include <set>

#include "harness/kernel.h"

namespace bmc::test {
namespace {

struct SizeClass {
  std::size_t block_bytes;
  std::uint64_t blocks;
};
constexpr SizeClass kClasses[] = {
#define X(index, bytes, blocks) {bytes, blocks},
    BMC_SIZE_CLASSES(X)
#undef X
};

std::uint32_t class_of(std::uint64_t word) { return word & ((1u << BMC_SLOT_CLASS_BITS) - 1); }
std::uint64_t block_of(std::uint64_t word) {
  return word & ((1ull << BMC_SLOT_GEN_SHIFT) - 1);  // chunk, offset and class
}
std::uint32_t offset_of(std::uint64_t word) {
  return (word >> BMC_SLOT_OFFSET_SHIFT & ((1u << BMC_SLOT_OFFSET_BITS) - 1)) * BMC_BLOCK_UNIT;
}
std::uint32_t slab_of(std::uint64_t word) {
  const auto chunk = word >> BMC_SLOT_CHUNK_SHIFT & ((1u << BMC_SLOT_CHUNK_BITS) - 1);
  return static_cast<std::uint32_t>(chunk) * BMC_CHUNK_SLABS + offset_of(word) / BMC_SLAB_BYTES;
}
/// Which block of its slab.
std::uint64_t place_of(std::uint64_t word) {
  return offset_of(word) % BMC_SLAB_BYTES / kClasses[class_of(word)].block_bytes;
}

/// A value whose text fills a block of the class.
std::string value_for(std::size_t size_class, const std::string& key) {
  const std::size_t head = reference::value_text(key, Item{}).size() + 3;
  return std::string(kClasses[size_class].block_bytes - BMC_BLOCK_HEADER - head, 'v');
}

class MemoryTest : public testing::Test {
 protected:
  /// Many buckets: only memory is short.
  static Kernel& few_slabs() {
    static Kernel kernel({.buckets = 4096, .slabs = 4, .serving = false});
    return kernel;
  }
  /// One bucket: only slots are short.
  static Kernel& one_bucket() {
    static Kernel kernel({.buckets = 1, .slabs = 16, .serving = false});
    return kernel;
  }

  /// Every linked entry has a block of its own that is taken; every taken block
  /// is linked; each class counts as many.
  static void expect_balanced(Kernel& kernel) {
    std::uint64_t linked[BMC_CLASSES] = {}, taken[BMC_CLASSES] = {}, slabs[BMC_CLASSES] = {};
    std::set<std::uint64_t> blocks;
    for (std::uint32_t i = 0; i < kernel.options().buckets; i++) {
      for (const std::uint64_t word : kernel.bucket(i).slots) {
        if (word == 0) continue;
        EXPECT_TRUE(blocks.insert(block_of(word)).second) << "a block is linked twice";
        EXPECT_EQ(kernel.block_of(word).bucket, i);
        EXPECT_EQ(kernel.slab_word(slab_of(word)) >> place_of(word) & 1, 0u) << "linked and free";
        linked[class_of(word)]++;
      }
    }
    for (std::uint32_t slab = 0; slab < kernel.options().slabs; slab++) {
      const std::uint64_t word = kernel.slab_word(slab);
      if (word == 0) continue;
      const std::uint64_t size_class = (word >> BMC_SLAB_CLASS_SHIFT) - 1;
      ASSERT_LT(size_class, std::uint64_t{BMC_CLASSES});
      const std::uint64_t free = word & ((1ull << BMC_SLAB_CLASS_SHIFT) - 1);
      EXPECT_EQ(free >> kClasses[size_class].blocks, 0u) << "more blocks than a slab has";
      taken[size_class] += kClasses[size_class].blocks - static_cast<std::uint64_t>(std::popcount(free));
      slabs[size_class]++;
    }
    for (std::uint32_t i = 0; i < BMC_CLASSES; i++) {
      EXPECT_EQ(kernel.classes()[i].used_blocks, linked[i]) << "class " << i;
      EXPECT_EQ(taken[i], linked[i]) << "class " << i;
      EXPECT_EQ(kernel.classes()[i].slabs, slabs[i]) << "class " << i;
      expect_listed(kernel, i);
    }
  }

  /// Each slab of the class once in its list, and nothing behind.
  static void expect_listed(Kernel& kernel, std::uint32_t size_class) {
    std::set<std::uint32_t> listed;
    for (std::uint32_t at = 0; at < kernel.options().slabs; at++) {
      const std::uint32_t entry = kernel.class_slab(size_class, at);
      if (at >= kernel.classes()[size_class].slabs) {
        EXPECT_EQ(entry, 0u) << "class " << size_class << ", behind its list";
        continue;
      }
      ASSERT_NE(entry, 0u) << "class " << size_class;
      EXPECT_TRUE(listed.insert(entry).second) << "a slab is listed twice";
      EXPECT_EQ((kernel.slab_word(entry - 1) >> BMC_SLAB_CLASS_SHIFT) - 1, size_class);
    }
  }

  static std::string name(int i) { return "key" + std::to_string(1000 + i); }
};

TEST_F(MemoryTest, AValueTakesTheSmallestBlockThatHoldsIt) {
  Kernel& kernel = few_slabs();
  for (std::size_t i = 0; i < BMC_CLASSES; i++) {
    kernel.reset();
    const std::string full = value_for(i, "key") ;
    // The value's length has up to four digits: find the limit itself.
    std::string value = full + "....";
    while (reference::value_text("key", Item{.data = value}).size() + BMC_BLOCK_HEADER > kClasses[i].block_bytes) {
      value.pop_back();
    }
    kernel.put("key", Item{.data = value});
    EXPECT_EQ(class_of(kernel.slot_of("key")), i);
    if (i + 1 == BMC_CLASSES) break;
    value += 'x';
    kernel.put("key", Item{.data = value});
    EXPECT_EQ(class_of(kernel.slot_of("key")), i + 1);
    expect_balanced(kernel);
  }
}

TEST_F(MemoryTest, EveryBlockOfASlabIsUsedBeforeTheNextSlab) {
  Kernel& kernel = few_slabs();
  for (std::size_t i = 0; i < BMC_CLASSES; i++) {
    kernel.reset();
    for (std::uint64_t n = 0; n < kClasses[i].blocks; n++) {
      const std::string key = name(static_cast<int>(n));
      kernel.put(key, Item{.data = value_for(i, key)});
      EXPECT_EQ(kernel.state().slabs_used, 1u);
    }
    EXPECT_EQ(kernel.classes()[i].used_blocks, kClasses[i].blocks);
    EXPECT_EQ(kernel.slab_word(0), (i + 1) << BMC_SLAB_CLASS_SHIFT);
    const std::string more = name(999);
    kernel.put(more, Item{.data = value_for(i, more)});
    EXPECT_EQ(kernel.state().slabs_used, 2u);
    expect_balanced(kernel);
  }
}

TEST_F(MemoryTest, BlocksOfOneSlabDoNotOverlap) {
  Kernel& kernel = few_slabs();
  for (std::size_t i = 0; i < BMC_CLASSES; i++) {
    kernel.reset();
    for (int n = 0; n < static_cast<int>(kClasses[i].blocks); n++) {
      std::string value = value_for(i, name(n));
      std::ranges::fill(value, static_cast<char>('A' + n));
      kernel.put(name(n), Item{.data = value});
    }
    for (int n = 0; n < static_cast<int>(kClasses[i].blocks); n++) {
      std::string value = value_for(i, name(n));
      std::ranges::fill(value, static_cast<char>('A' + n));
      const bmc_block& block = kernel.block_of(kernel.slot_of(name(n)));
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(&block + 1), block.text_bytes),
                reference::value_text(name(n), Item{.data = value}));
    }
  }
}

TEST_F(MemoryTest, WhenMemoryIsFullTheClockKeepsWhatIsUsed) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  constexpr int kFull = 4 * 48;  // blocks of the smallest class
  for (int i = 0; i < kFull; i++) kernel.put(name(i), Item{.data = "v"});
  EXPECT_EQ(kernel.stats().counts[BMC_COUNT_EVICTIONS], 0u);
  const auto set_used = [&](int i, bool used) {
    std::uint32_t slot = 0;
    if (kernel.slot_of(name(i), &slot) == 0) return;
    bmc_bucket bucket = kernel.bucket(kernel.bucket_of(name(i)));
    bucket.recency[slot] = static_cast<std::uint8_t>((bucket.recency[slot] & 0xfe) | (used ? 1 : 0));
    kernel.set_bucket(kernel.bucket_of(name(i)), bucket);
  };
  // One in four is read all the time, the others never again.
  for (int fill = 0; fill < 3 * kFull; fill++) {
    for (int i = 0; i < kFull; i++) set_used(i, i % 4 == 0);
    kernel.put(name(kFull + fill), Item{.data = "v"});
  }
  int hot = 0, cold = 0;
  for (int i = 0; i < kFull; i++) (i % 4 == 0 ? hot : cold) += kernel.slot_of(name(i)) != 0;
  EXPECT_GE(hot, kFull / 4 * 9 / 10);
  EXPECT_EQ(cold, 0);
  EXPECT_EQ(kernel.stats().counts[BMC_COUNT_EVICTIONS], 3u * kFull);
  EXPECT_EQ(kernel.classes()[0].used_blocks, std::uint64_t{kFull});
  expect_balanced(kernel);
}

TEST_F(MemoryTest, WhenEverythingIsUsedSomethingGoesAllTheSame) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  for (int i = 0; i < 1000; i++) kernel.put(name(i), Item{.data = "v"});  // each is marked used
  EXPECT_EQ(kernel.classes()[0].used_blocks, 4u * 48);
  EXPECT_EQ(kernel.stats().counts[BMC_COUNT_NO_MEMORY], 0u);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, AClassThatHasNoSlabWhenMemoryIsFullGetsNothing) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  for (int i = 0; i < 4 * 48; i++) kernel.put(name(i), Item{.data = "v"});
  const bmc_lease lease = kernel.lease("big");
  EXPECT_EQ(kernel.fill(lease, "big", Item{.data = std::string(1000, 'v')}), -ENOMEM);
  EXPECT_EQ(kernel.stats().counts[BMC_COUNT_NO_MEMORY], 1u);
  EXPECT_EQ(kernel.classes()[6].failures + kernel.classes()[7].failures, 1u);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, ASlabMovesToAClassThatNeedsIt) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  constexpr int kFull = 4 * 48;
  for (int i = 0; i < kFull; i++) kernel.put(name(i), Item{.data = "v"});
  const Item big{.data = std::string(1300, 'v')};
  EXPECT_EQ(kernel.fill(kernel.lease("big"), "big", big), -ENOMEM);
  ASSERT_EQ(kernel.move_slab(0, 7, 1), 0);
  EXPECT_EQ(kernel.classes()[0].used_blocks, 3u * 48);
  EXPECT_EQ(kernel.stats().counts[BMC_COUNT_EVICTIONS], 48u);
  expect_balanced(kernel);
  for (int i = 0; i < 4; i++) kernel.put("big" + std::to_string(i), big);
  EXPECT_EQ(kernel.classes()[7].used_blocks, 4u);
  kernel.put("small", Item{.data = "v"});
  expect_balanced(kernel);
  for (const std::uint32_t position : {2u, 1u, 0u}) ASSERT_EQ(kernel.move_slab(0, 3, position), 0);
  EXPECT_EQ(kernel.classes()[0].slabs, 0u);
  EXPECT_EQ(kernel.classes()[3].slabs, 3u);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, ASlabWithABlockInUseMovesLater) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  for (int i = 0; i < 4 * 48; i++) kernel.put(name(i), Item{.data = "v"});
  // As a writer that has staged a value: a block that is taken and not linked.
  const std::uint64_t word = kernel.slot_of(name(0));
  std::uint32_t slot = 0;
  ASSERT_EQ(kernel.slot_of(name(0), &slot), word);
  bmc_bucket bucket = kernel.bucket(kernel.bucket_of(name(0)));
  bucket.slots[slot] = 0;
  kernel.set_bucket(kernel.bucket_of(name(0)), bucket);
  EXPECT_EQ(kernel.move_slab(0, 7, 0), -EAGAIN);
  EXPECT_EQ(kernel.move_slab(0, 7, 0), -EAGAIN);
  // Nothing is taken from it meanwhile; then the write is over.
  for (int i = 0; i < 200; i++) kernel.put(name(1000 + i), Item{.data = "v"});
  bucket = kernel.bucket(kernel.bucket_of(name(0)));
  const auto empty = std::ranges::find(bucket.slots, 0u);
  ASSERT_NE(empty, std::end(bucket.slots));
  *empty = word;
  kernel.set_bucket(kernel.bucket_of(name(0)), bucket);
  EXPECT_EQ(kernel.move_slab(0, 7, 0), 0);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, NoSlabMovesWhileOneIsBeingAdded) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  for (int i = 0; i < 4 * 48; i++) kernel.put(name(i), Item{.data = "v"});
  // slab_assign() has counted the last slab and not yet said which it is.
  const std::uint32_t last = kernel.class_slab(0, 3);
  kernel.set_class_slab(0, 3, 0);
  for (const std::uint32_t position : {0u, 3u}) EXPECT_EQ(kernel.move_slab(0, 7, position), -EAGAIN);
  kernel.put("more", Item{.data = "v"});  // the clock passes it by
  kernel.set_class_slab(0, 3, last);
  EXPECT_EQ(kernel.move_slab(0, 7, 0), 0);
  expect_balanced(kernel);
  EXPECT_EQ(kernel.move_slab(0, 7, 2), 0);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, MovesThatMakeNoSenseAreRefused) {
  Kernel& kernel = few_slabs();
  kernel.reset();
  for (int i = 0; i < 4 * 48; i++) kernel.put(name(i), Item{.data = "v"});
  EXPECT_EQ(kernel.move_slab(0, 0, 0), -EINVAL);
  EXPECT_EQ(kernel.move_slab(0, 8, 0), -EINVAL);
  EXPECT_EQ(kernel.move_slab(8, 0, 0), -EINVAL);
  EXPECT_EQ(kernel.move_slab(0, 1, 4), -EINVAL);
  EXPECT_EQ(kernel.move_slab(1, 0, 0), -EINVAL);
  EXPECT_EQ(kernel.classes()[0].used_blocks, 4u * 48);
  expect_balanced(kernel);
}

TEST_F(MemoryTest, ABucketHoldsSixKeysAndEvictsTheUnusedFirst) {
  Kernel& kernel = one_bucket();
  kernel.reset();
  for (int i = 0; i < BMC_SLOTS; i++) kernel.put(name(i), Item{.data = "v"});
  for (int i = 0; i < BMC_SLOTS; i++) ASSERT_NE(kernel.slot_of(name(i)), 0u) << "tags collide: choose other names";
  std::uint32_t unused = 0;
  ASSERT_NE(kernel.slot_of(name(3), &unused), 0u);
  bmc_bucket bucket = kernel.bucket(0);
  bucket.recency[unused] &= 0xfe;
  kernel.set_bucket(0, bucket);
  kernel.put(name(100), Item{.data = "v"});
  EXPECT_EQ(kernel.slot_of(name(3)), 0u);
  EXPECT_NE(kernel.slot_of(name(100)), 0u);
  EXPECT_EQ(kernel.classes()[0].used_blocks, std::uint64_t{BMC_SLOTS});
  expect_balanced(kernel);
}

TEST_F(MemoryTest, AFullBucketOfUsedKeysTakesAnotherOne) {
  Kernel& kernel = one_bucket();
  kernel.reset();
  for (int i = 0; i < 100; i++) {
    kernel.put(name(i), Item{.data = "v"});
    EXPECT_NE(kernel.slot_of(name(i)), 0u);
  }
  EXPECT_LE(kernel.classes()[0].used_blocks, std::uint64_t{BMC_SLOTS});
  expect_balanced(kernel);
}

TEST_F(MemoryTest, TheBooksBalanceAfterAnything) {
  std::mt19937 random(20210412);
  for (Kernel* kernel : {&few_slabs(), &one_bucket()}) {
    kernel->reset();
    for (int step = 0; step < 20000; step++) {
      const std::string key = name(static_cast<int>(random() % 400));
      const auto lease = kernel->lease(key);
      switch (random() % 20) {
        // After these the fill below is stale, if there was memory for the other one.
        case 0: kernel->flush(); break;
        case 1: kernel->fill(kernel->lease(key), key, Item{.data = "in between"}); break;
        default: break;
      }
      const int result = kernel->fill(lease, key, Item{.data = std::string(random() % 1300, 'v')});
      ASSERT_TRUE(result == 0 || result == -ESTALE || result == -ENOMEM) << result;
      if (step % 1000 == 999) expect_balanced(*kernel);
      if (HasFailure()) return;
    }
    EXPECT_GT(kernel->stats().counts[BMC_COUNT_FILLS], 1000u);
    EXPECT_GT(kernel->stats().counts[BMC_COUNT_FILLS_STALE], 100u);
  }
}

}  // namespace
}  // namespace bmc::test

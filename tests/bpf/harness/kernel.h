// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The BPF object loaded into the running kernel, with a cache of a few
// kilobytes, its maps within reach, and its programs run by BPF_PROG_TEST_RUN
// on packets of ours. Nothing is attached to anything.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bmc/abi.h"
#include "bmc_bpf.skel.h"
#include "reference/frame.h"
#include "reference/served_request.h"

namespace bmc::test {

using reference::Bytes;
using reference::Item;

enum class Hook { kXdp, kTc };
std::ostream& operator<<(std::ostream& out, Hook hook);

/// What a hook did with a packet.
enum class Outcome { kPassed, kAnswered, kDropped, kOther };
std::ostream& operator<<(std::ostream& out, Outcome outcome);

struct Verdict {
  Outcome outcome = Outcome::kOther;
  std::uint32_t raw = 0;  ///< the program's return value
  Bytes out;              ///< the packet behind it
};

struct LoadOptions {
  std::uint32_t buckets = 64;
  std::uint32_t slabs = 48;
  bool serving = true;           ///< false: only the cache's programs, which load in no time
  std::uint32_t test_flags = 0;  ///< BMC_TEST_*: break an invariant, to see it broken
};

/// One load; reset() empties it for the next test.
class Kernel {
 public:
  explicit Kernel(LoadOptions options);

  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  /// As after the load, in service: alive, armed, no key, no counts, nobody admitted.
  void reset();

  Verdict run(Hook hook, const Bytes& frame, std::uint32_t ifindex);

  // ---- the cache, by the programs that the daemon runs ----
  std::uint64_t hash(std::string_view key) const;
  bmc_lease lease(std::string_view key);
  /// 0 or the error that the program returned. @expiry in ticks, 0 = never.
  int fill(const bmc_lease& lease, const std::string& key, const Item& item,
           std::uint32_t expiry = 0);
  /// As fill(), with a header of the caller's making.
  int fill_raw(bmc_fill fill);
  /// Lease and fill: the key is cached.
  void put(const std::string& key, const Item& item, std::uint32_t expiry = 0);
  /// The fill under @lease was in vain.
  void back_off(const bmc_lease& lease, std::uint32_t seconds);
  /// Gives a slab of class @from to class @to: 0 or the error.
  int move_slab(std::uint32_t from, std::uint32_t to, std::uint32_t position);
  void flush();
  void beat();

  // ---- memory: mapped, but for buckets, which the kernel does not map ----
  bmc_state& state() { return *state_.get(); }
  bmc_bucket bucket(std::uint32_t index) const;
  void set_bucket(std::uint32_t index, const bmc_bucket& bucket);
  std::uint32_t bucket_of(std::string_view key) const;
  std::span<bmc_class> classes() { return {classes_.get(), BMC_CLASSES}; }
  std::uint64_t slab_word(std::uint32_t slab) const;
  /// Entry @at of the class's list of slabs: the slab and 1, or 0.
  std::uint32_t class_slab(std::uint32_t size_class, std::uint32_t at) const;
  void set_class_slab(std::uint32_t size_class, std::uint32_t at, std::uint32_t value);
  /// All memory for blocks.
  std::span<bmc_chunk> chunks() { return {chunks_.get(), chunk_count()}; }
  /// The word and slot of the bucket in which the key's tag stands; 0 if none.
  std::uint64_t slot_of(std::string_view key, std::uint32_t* slot = nullptr) const;
  bmc_block& block_of(std::uint64_t slot_word);

  bmc_stats stats() const;  ///< sum over the CPUs
  /// Keys that serve has reported since the last call, each as it was sent.
  std::vector<std::string> take_misses();
  const LoadOptions& options() const { return options_; }
  bmc_bpf& skeleton() { return *skeleton_; }

  // ---- who is answered ----
  void listen_on(const reference::Address& address);
  void serve_interface(bmc_link link, const reference::Mac& mac, std::uint16_t flags = 0);
  void admit_client(const reference::Address& address, std::uint32_t prefix_bits);
  /// @age_s: seconds ago that memcached answered it.
  void admit_source(const reference::Address& address, std::uint64_t age_s = 0);
  void admission_changed() { state().admission_gen = ++admission_gen_; }

 private:
  std::size_t chunk_count() const { return options_.slabs / BMC_CHUNK_SLABS + 1; }
  template <typename T>
  using Mapped = std::unique_ptr<T, std::function<void(T*)>>;

  template <typename T>
  Mapped<T> map_memory(bpf_map* map, std::size_t bytes);
  void clear_array(bpf_map* map, std::uint32_t entries);
  void clear_hash(bpf_map* map);

  LoadOptions options_;
  std::unique_ptr<bmc_bpf, void (*)(bmc_bpf*)> skeleton_;
  Mapped<bmc_state> state_;
  Mapped<bmc_class> classes_;
  Mapped<bmc_chunk> chunks_;
  std::unique_ptr<ring_buffer, void (*)(ring_buffer*)> miss_ring_{nullptr, ring_buffer__free};
  std::vector<std::string> misses_;
  std::uint32_t admission_gen_ = 0;
};

/// Jiffies in a second, as the daemon finds them.
std::uint16_t jiffies_per_second();

/// Ticks of CLOCK_MONOTONIC now, as an entry's expiry counts them.
std::uint32_t ticks_now();

/// Ends the test program: what the harness itself needs has failed.
[[noreturn]] void give_up(const std::string& what);

}  // namespace bmc::test

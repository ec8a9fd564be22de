// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "harness/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "cache/hash.h"
#include "reference/block.h"

namespace bmc::test {
namespace {

constexpr std::size_t kOutBytes = 4096;
constexpr std::uint8_t kPoison = 0xa5;
constexpr std::uint64_t kSeed = 0x0123456789abcdefULL;

std::size_t page_up(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

void resize(bpf_map* map, std::uint32_t entries) {
  if (bpf_map__set_max_entries(map, entries) != 0) give_up("cannot size a map");
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed: return "passed";
    case Outcome::kAnswered: return "answered";
    case Outcome::kDropped: return "dropped";
    case Outcome::kOther: break;
  }
  return "another verdict";
}

Outcome outcome_of(Hook hook, std::uint32_t raw) {
  if (hook == Hook::kXdp) {
    return raw == XDP_PASS ? Outcome::kPassed
           : raw == XDP_TX ? Outcome::kAnswered
           : raw == XDP_DROP ? Outcome::kDropped
                             : Outcome::kOther;
  }
  return raw == ~0u ? Outcome::kPassed     // TC_ACT_UNSPEC
         : raw == 7 ? Outcome::kAnswered   // TC_ACT_REDIRECT
         : raw == 2 ? Outcome::kDropped    // TC_ACT_SHOT
                    : Outcome::kOther;
}

void run_syscall(const bpf_program* program, void* context, std::uint32_t bytes) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = context;
  options.ctx_size_in = bytes;
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0) {
    give_up(std::string("cannot run ") + bpf_program__name(program));
  }
}

int keep_miss(void* misses, void* record, std::size_t bytes) {
  const auto* miss = static_cast<const bmc_miss*>(record);
  if (bytes != sizeof(*miss)) give_up("a miss of another size");
  static_cast<std::vector<std::string>*>(misses)->emplace_back(
      reinterpret_cast<const char*>(miss->key), miss->key_bytes);
  return 0;
}

bool belongs_to_cache(const bpf_program* program) {
  const std::string_view name = bpf_program__name(program);
  return name == "bmc_lease" || name == "bmc_fill" || name == "bmc_flush" || name == "bmc_beat" ||
         name == "bmc_move" || name == "bmc_backoff";
}

bool belongs_to_serve(const bpf_program* program) {
  const std::string_view name = bpf_program__name(program);
  return name == "bmc_xdp" || name == "bmc_tc";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Hook hook) {
  return out << (hook == Hook::kXdp ? "xdp" : "tc");
}

std::ostream& operator<<(std::ostream& out, Outcome outcome) { return out << name_of(outcome); }

void give_up(const std::string& what) {
  std::fprintf(stderr, "bmc_bpf_tests: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::uint16_t jiffies_per_second() {
  timespec resolution{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
  return static_cast<std::uint16_t>((1'000'000'000 + resolution.tv_nsec / 2) / resolution.tv_nsec);
}

std::uint32_t ticks_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                  static_cast<std::uint64_t>(now.tv_nsec);
  return static_cast<std::uint32_t>(ns >> BMC_TICK_SHIFT);
}

Kernel::Kernel(LoadOptions load)
    : options_(load), skeleton_(bmc_bpf__open(), bmc_bpf__destroy) {
  if (!skeleton_) give_up("cannot open the BPF object");
  bmc_config& config = skeleton_->rodata->config;
  config.hash_seed = kSeed;
  config.buckets = load.buckets;
  config.slabs = load.slabs;
  config.port = 11211;
  config.hz = jiffies_per_second();
  config.test_flags = load.test_flags;
  resize(skeleton_->maps.bmc_buckets, load.buckets);
  resize(skeleton_->maps.bmc_chunks, static_cast<std::uint32_t>(chunk_count()));
  resize(skeleton_->maps.bmc_slab_words, load.slabs);
  resize(skeleton_->maps.bmc_class_slabs, load.slabs * BMC_CLASSES);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    bpf_program__set_autoload(program, belongs_to_cache(program) ||
                                           (load.serving && belongs_to_serve(program)));
  }
  if (bmc_bpf__load(skeleton_.get()) != 0) give_up("the kernel refuses the BPF object");
  state_ = map_memory<bmc_state>(skeleton_->maps.bmc_state, sizeof(bmc_state));
  classes_ = map_memory<bmc_class>(skeleton_->maps.bmc_classes, sizeof(bmc_class) * BMC_CLASSES);
  chunks_ = map_memory<bmc_chunk>(skeleton_->maps.bmc_chunks, sizeof(bmc_chunk) * chunk_count());
  miss_ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.bmc_misses), keep_miss, &misses_,
                                    nullptr));
  if (!miss_ring_) give_up("cannot read the ring buffer of misses");
  reset();
}

template <typename T>
Kernel::Mapped<T> Kernel::map_memory(bpf_map* map, std::size_t bytes) {
  const std::size_t length = page_up(bytes);
  void* memory =
      mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (memory == MAP_FAILED) give_up(std::string("cannot map ") + bpf_map__name(map));
  return {static_cast<T*>(memory), [length](T* mapped) { munmap(mapped, length); }};
}

void Kernel::clear_array(bpf_map* map, std::uint32_t entries) {
  const std::vector<std::uint8_t> zeros(bpf_map__value_size(map));
  for (std::uint32_t i = 0; i < entries; i++) {
    if (bpf_map_update_elem(bpf_map__fd(map), &i, zeros.data(), 0) != 0) give_up("clear array");
  }
}

void Kernel::clear_hash(bpf_map* map) {
  std::vector<std::uint8_t> key(bpf_map__key_size(map));
  while (bpf_map_get_next_key(bpf_map__fd(map), nullptr, key.data()) == 0) {
    if (bpf_map_delete_elem(bpf_map__fd(map), key.data()) != 0) give_up("clear hash");
  }
}

void Kernel::reset() {
  std::memset(static_cast<void*>(classes_.get()), 0, sizeof(bmc_class) * BMC_CLASSES);
  std::memset(static_cast<void*>(chunks_.get()), kPoison, sizeof(bmc_chunk) * chunk_count());
  std::memset(state_.get(), 0, sizeof(bmc_state));
  clear_array(skeleton_->maps.bmc_buckets, options_.buckets);
  clear_array(skeleton_->maps.bmc_slab_words, options_.slabs);
  clear_array(skeleton_->maps.bmc_class_slabs, options_.slabs * BMC_CLASSES);
  for (bpf_map* map : {skeleton_->maps.bmc_locals, skeleton_->maps.bmc_clients,
                       skeleton_->maps.bmc_sources, skeleton_->maps.bmc_interfaces}) {
    clear_hash(map);
  }
  const std::uint32_t zero = 0;
  const std::vector<bmc_stats> none(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_stats), &zero, none.data(), 0) != 0) {
    give_up("clear statistics");
  }
  take_misses();
  state().epoch = 1;
  state().report_after = 1;
  admission_changed();
  beat();
}

Verdict Kernel::run(Hook hook, const Bytes& frame, std::uint32_t ifindex) {
  Verdict verdict;
  verdict.out.assign(kOutBytes, kPoison);
  xdp_md xdp{};
  xdp.data_end = static_cast<std::uint32_t>(frame.size());
  xdp.ingress_ifindex = ifindex;
  __sk_buff skb{};
  skb.ifindex = ifindex;
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.data_out = verdict.out.data();
  options.data_size_out = kOutBytes;
  options.ctx_in = hook == Hook::kXdp ? static_cast<void*>(&xdp) : &skb;
  options.ctx_size_in = hook == Hook::kXdp ? sizeof(xdp) : sizeof(skb);
  const bpf_program* program =
      hook == Hook::kXdp ? skeleton_->progs.bmc_xdp : skeleton_->progs.bmc_tc;
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0) {
    give_up("cannot run a packet of " + std::to_string(frame.size()) + " bytes");
  }
  verdict.raw = options.retval;
  verdict.outcome = outcome_of(hook, options.retval);
  verdict.out.resize(options.data_size_out);
  return verdict;
}

std::uint64_t Kernel::hash(std::string_view key) const {
  std::uint8_t padded[BMC_KEY_MAX + 8] = {};
  std::memcpy(padded, key.data(), key.size());
  return hash_key(kSeed, padded, static_cast<std::uint32_t>(key.size()));
}

bmc_lease Kernel::lease(std::string_view key) {
  bmc_lease lease{};
  lease.hash = hash(key);
  lease.result = -1;
  run_syscall(skeleton_->progs.bmc_lease, &lease, sizeof(lease));
  return lease;
}

int Kernel::fill(const bmc_lease& lease, const std::string& key, const Item& item,
                 std::uint32_t expiry) {
  const std::string text = reference::value_text(key, item);
  bmc_fill fill{};
  fill.lease = lease;
  fill.block = reference::block_of(key, item, text, expiry);
  fill.text = reinterpret_cast<std::uint64_t>(text.data());
  return fill_raw(fill);
}

int Kernel::fill_raw(bmc_fill fill) {
  fill.lease.result = 1;
  run_syscall(skeleton_->progs.bmc_fill, &fill, sizeof(fill));
  return fill.lease.result;
}

void Kernel::put(const std::string& key, const Item& item, std::uint32_t expiry) {
  const bmc_lease taken = lease(key);
  if (taken.result != 0 || fill(taken, key, item, expiry) != 0) give_up("cannot cache " + key);
}

void Kernel::back_off(const bmc_lease& lease, std::uint32_t seconds) {
  bmc_backoff backoff{.lease = lease, .seconds = seconds, .pad = 0};
  run_syscall(skeleton_->progs.bmc_backoff, &backoff, sizeof(backoff));
}

int Kernel::move_slab(std::uint32_t from, std::uint32_t to, std::uint32_t position) {
  bmc_move move{.from = from, .to = to, .position = position, .result = 1};
  run_syscall(skeleton_->progs.bmc_move, &move, sizeof(move));
  return move.result;
}

void Kernel::flush() { run_syscall(skeleton_->progs.bmc_flush, nullptr, 0); }
void Kernel::beat() { run_syscall(skeleton_->progs.bmc_beat, nullptr, 0); }

std::uint64_t Kernel::slab_word(std::uint32_t slab) const {
  std::uint64_t word = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.bmc_slab_words), &slab, &word) != 0) {
    give_up("cannot read a slab's word");
  }
  return word;
}

std::uint32_t Kernel::class_slab(std::uint32_t size_class, std::uint32_t at) const {
  const std::uint32_t index = size_class * options_.slabs + at;
  std::uint32_t value = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.bmc_class_slabs), &index, &value) != 0) {
    give_up("cannot read a class's list");
  }
  return value;
}

void Kernel::set_class_slab(std::uint32_t size_class, std::uint32_t at, std::uint32_t value) {
  const std::uint32_t index = size_class * options_.slabs + at;
  const int fd = bpf_map__fd(skeleton_->maps.bmc_class_slabs);
  if (bpf_map_update_elem(fd, &index, &value, BPF_ANY) != 0) give_up("cannot write a class's list");
}

bmc_bucket Kernel::bucket(std::uint32_t index) const {
  bmc_bucket bucket{};
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.bmc_buckets), &index, &bucket) != 0) {
    give_up("cannot read a bucket");
  }
  return bucket;
}

void Kernel::set_bucket(std::uint32_t index, const bmc_bucket& bucket) {
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_buckets), &index, &bucket, 0) != 0) {
    give_up("cannot write a bucket");
  }
}

std::uint32_t Kernel::bucket_of(std::string_view key) const {
  return hash_bucket(hash(key), options_.buckets);
}

std::uint64_t Kernel::slot_of(std::string_view key, std::uint32_t* slot) const {
  const bmc_bucket holder = bucket(bucket_of(key));
  for (std::uint32_t i = 0; i < BMC_SLOTS; i++) {
    const std::uint64_t word = holder.slots[i];
    if (word >> BMC_SLOT_TAG_SHIFT != hash_tag(hash(key))) continue;
    if (slot != nullptr) *slot = i;
    return word;
  }
  return 0;
}

bmc_block& Kernel::block_of(std::uint64_t slot_word) {
  const auto chunk = slot_word >> BMC_SLOT_CHUNK_SHIFT & ((1u << BMC_SLOT_CHUNK_BITS) - 1);
  const auto offset = slot_word >> BMC_SLOT_OFFSET_SHIFT & ((1u << BMC_SLOT_OFFSET_BITS) - 1);
  return *reinterpret_cast<bmc_block*>(chunks()[chunk].bytes + offset * BMC_BLOCK_UNIT);
}

bmc_stats Kernel::stats() const {
  std::vector<bmc_stats> each(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.bmc_stats), &zero, each.data()) != 0) {
    give_up("cannot read the statistics");
  }
  bmc_stats total{};
  for (const auto& one : each) {
    for (int i = 0; i < BMC_COUNT_NR; i++) total.counts[i] += one.counts[i];
    for (int i = 0; i < BMC_PASS_NR; i++) total.passes[i] += one.passes[i];
  }
  return total;
}

std::vector<std::string> Kernel::take_misses() {
  if (ring_buffer__consume(miss_ring_.get()) < 0) give_up("cannot read the misses");
  return std::exchange(misses_, {});
}

void Kernel::listen_on(const reference::Address& address) {
  const std::uint32_t one = 1;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_locals), address.data(), &one, 0) != 0) {
    give_up("cannot add an address");
  }
  admission_changed();
}

void Kernel::serve_interface(bmc_link link, const reference::Mac& mac, std::uint16_t flags) {
  bmc_interface entry{};
  std::memcpy(entry.mac, mac.data(), mac.size());
  entry.flags = flags;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_interfaces), &link, &entry, 0) != 0) {
    give_up("cannot add an interface");
  }
  admission_changed();
}

void Kernel::admit_client(const reference::Address& address, std::uint32_t prefix_bits) {
  bmc_client client{};
  client.prefix_bits = prefix_bits;
  std::memcpy(client.address.bytes, address.data(), address.size());
  const std::uint32_t one = 1;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_clients), &client, &one, 0) != 0) {
    give_up("cannot add a client");
  }
  admission_changed();
}

void Kernel::admit_source(const reference::Address& address, std::uint64_t age_s) {
  beat();
  const std::uint64_t answered = state().heartbeat - age_s * jiffies_per_second();
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.bmc_sources), address.data(), &answered, 0) !=
      0) {
    give_up("cannot add a source");
  }
  admission_changed();
}

}  // namespace bmc::test

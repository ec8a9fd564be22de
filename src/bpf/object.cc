// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "bmc/abi.h"
#include "bmc_bpf.skel.h"
#include "bpf/libbpf_log.h"
#include "net/net_namespace.h"

namespace bmc {
namespace {

struct Destroy {
  void operator()(bmc_bpf* skeleton) const noexcept { bmc_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<bmc_bpf, Destroy>;

/// FNV-1a over the object file: two builds that differ are not to be mixed.
std::uint64_t object_hash() {
  std::size_t bytes = 0;
  const auto* elf = static_cast<const unsigned char*>(bmc_bpf__elf_bytes(&bytes));
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < bytes; i++) hash = (hash ^ elf[i]) * 0x100000001b3;
  return hash;
}

/// The coarse clock moves once a jiffy.
std::uint16_t jiffies_per_second() {
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return static_cast<std::uint16_t>(tick.tv_nsec > 0 ? 1'000'000'000 / tick.tv_nsec : 100);
}

std::string load_hint(int err) {
  switch (err) {
    case EPERM:
      return "run as root, or grant CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";
    case ENOMEM:
      return "--memory with less";
    case EAGAIN:
      return "the same again: the verifier was interrupted";
    default:
      return "bmc check, and bmc run -v for the verifier's words:\n" + take_libbpf_log();
  }
}

/// What passes when memory is free again is worth another try, and a service is started anew.
ExitCode load_exit_code(int err) {
  return err == ENOMEM || err == EAGAIN ? ExitCode::kFailed : ExitCode::kUnsupported;
}

Result<void> resize(bpf_map* map, std::uint64_t entries) {
  if (const int err = bpf_map__set_max_entries(map, static_cast<std::uint32_t>(entries));
      err != 0) {
    return fail(fmt::format("cannot size map {}", bpf_map__name(map)), -err);
  }
  return {};
}

Result<void> configure(bmc_bpf& skeleton, const Manifest& plan, std::uint32_t slabs) {
  bmc_config& config = skeleton.rodata->config;
  if (getrandom(&config.hash_seed, sizeof(config.hash_seed), 0) != sizeof(config.hash_seed)) {
    return fail("cannot get random bytes", errno);
  }
  config.buckets = plan.buckets;
  config.slabs = slabs;
  config.port = plan.port;
  config.hz = jiffies_per_second();
  config.test_flags = plan.test_flags;
  config.serves_tcp = plan.serves_tcp;
  const std::uint64_t class_slabs = static_cast<std::uint64_t>(BMC_CLASSES) * slabs;
  for (const auto& [map, entries] :
       {std::pair{skeleton.maps.bmc_buckets, std::uint64_t{plan.buckets}},
        std::pair{skeleton.maps.bmc_chunks, std::uint64_t{chunks_for(slabs)}},
        std::pair{skeleton.maps.bmc_slab_words, std::uint64_t{slabs}},
        std::pair{skeleton.maps.bmc_class_slabs, class_slabs}}) {
    if (auto sized = resize(map, entries); !sized) return sized;
  }
  return {};
}

std::string map_pin_name(const bpf_map* map) {
  const std::string_view name = bpf_map__name(map);
  return name.ends_with(".rodata") ? std::string("config") : std::string(name);
}

Result<void> pin_all(const bpf_object* object, const std::string& folder) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const std::string name = map_pin_name(map);
    if (name.find('.') != std::string::npos) continue;  // .bss and the like are private
    const std::string path = fmt::format("{}/maps/{}", folder, name);
    if (bpf_obj_pin(bpf_map__fd(map), path.c_str()) != 0) return fail("cannot pin " + path, errno);
  }
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const std::string path = fmt::format("{}/programs/{}", folder, bpf_program__name(program));
    if (bpf_obj_pin(bpf_program__fd(program), path.c_str()) != 0) {
      return fail("cannot pin " + path, errno);
    }
  }
  return {};
}

Result<void> pin_manifest(const Manifest& manifest, const std::string& folder) {
  const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "bmc_manifest", sizeof(std::uint32_t),
                              sizeof(Manifest), 1, nullptr));
  const std::uint32_t zero = 0;
  if (!map || bpf_map_update_elem(map.get(), &zero, &manifest, BPF_ANY) != 0 ||
      bpf_obj_pin(map.get(), (folder + "/maps/manifest").c_str()) != 0) {
    return fail("cannot pin the manifest", errno);
  }
  return {};
}

}  // namespace

Result<Manifest> plan_object(const ObjectOptions& options) {
  const auto size = size_cache(options.memory_bytes);
  if (!size) return std::unexpected(size.error());
  Manifest manifest{};
  manifest.abi_version = BMC_ABI_VERSION;
  manifest.test_flags = options.test_flags;
  manifest.object_hash = object_hash();
  manifest.memory_bytes = options.memory_bytes;
  manifest.net_namespace = net_namespace();
  manifest.buckets = options.buckets != 0 ? options.buckets : size->buckets;
  manifest.port = options.port;
  manifest.serves_tcp = options.serves_tcp ? 1 : 0;
  return manifest;
}

Result<void> load_object(const ObjectOptions& options, const std::string& folder) {
  const auto plan = plan_object(options);
  if (!plan) return std::unexpected(plan.error());
  const auto size = size_cache(options.memory_bytes);
  if (!size) return std::unexpected(size.error());

  const Skeleton skeleton(bmc_bpf__open());
  if (!skeleton) return fail("cannot open the BPF object", errno, load_hint(errno));
  if (auto done = configure(*skeleton, *plan, size->slabs); !done) return done;
  if (const int err = bmc_bpf__load(skeleton.get()); err != 0) {
    return fail("the kernel refused the BPF object", -err, load_hint(-err), load_exit_code(-err));
  }
  if (auto pinned = pin_all(skeleton->obj, folder); !pinned) return pinned;
  return pin_manifest(*plan, folder);
}

}  // namespace bmc

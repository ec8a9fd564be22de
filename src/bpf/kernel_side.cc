// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/kernel_side.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>

namespace bmc {
namespace {

template <std::size_t N>
Result<void> open_pins(const std::string& folder, const std::array<const char*, N>& names,
                       std::array<Fd, N>& fds) {
  for (std::size_t i = 0; i < N; i++) {
    const std::string path = fmt::format("{}/{}", folder, names[i]);
    fds[i].reset(bpf_obj_get(path.c_str()));
    if (!fds[i]) {
      return fail(
          "cannot open " + path, errno,
          errno == ENOENT ? "bmc detach, then bmc run: it is of another version" : "run as root");
    }
  }
  return {};
}

template <typename T>
Result<void> read_only_entry(int map_fd, T& value) {
  const std::uint32_t zero = 0;
  if (bpf_map_lookup_elem(map_fd, &zero, &value) != 0) return fail("cannot read a BPF map", errno);
  return {};
}

struct MapShape {
  std::size_t key_bytes;
  std::size_t value_bytes;
};

template <typename Key, typename Value>
constexpr MapShape shape_of() {
  return {sizeof(Key), sizeof(Value)};
}

/// In the order of Map.
constexpr std::array<MapShape, kMapNames.size()> kMapShapes{
    shape_of<std::uint32_t, bmc_config>(),
    shape_of<std::uint32_t, bmc_state>(),
    shape_of<std::uint32_t, bmc_stats>(),
    shape_of<std::uint32_t, bmc_bucket>(),
    shape_of<std::uint32_t, bmc_chunk>(),
    shape_of<std::uint32_t, std::uint64_t>(),  // bmc_slab_words
    shape_of<std::uint32_t, bmc_class>(),
    MapShape{0, 0},                          // bmc_misses, a ring
    shape_of<bmc_address, std::uint64_t>(),  // bmc_sources
    shape_of<bmc_client, std::uint32_t>(),
    shape_of<bmc_address, std::uint32_t>(),  // bmc_locals
    shape_of<bmc_link, bmc_interface>(),
    shape_of<std::uint64_t, bmc_unsynced>(),
    shape_of<bmc_flow_key, bmc_flow>(),
    shape_of<std::uint64_t, bmc_flow_reply>(),
    shape_of<std::uint32_t, bmc_tcp_stats>(),
    shape_of<std::uint32_t, Manifest>(),
};

}  // namespace

Result<void> check_map(int map_fd, Map which) {
  const MapShape& shape = kMapShapes[static_cast<std::size_t>(which)];
  bpf_map_info info{};
  std::uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map_fd, &info, &length) != 0)
    return fail("cannot look at a map", errno);
  if (info.key_size == shape.key_bytes && info.value_size == shape.value_bytes) return {};
  return fail(
      fmt::format("map {} has keys of {} and values of {} bytes, not of {} and {}", info.name,
                  info.key_size, info.value_size, shape.key_bytes, shape.value_bytes),
      0, "bmc detach, then bmc run: it is of another version");
}

Result<KernelSide> KernelSide::open(const std::string& folder) {
  KernelSide side;
  if (auto opened = open_pins(folder + "/maps", kMapNames, side.maps_); !opened) {
    return std::unexpected(opened.error());
  }
  if (auto fits = check_map(side.fd(Map::kManifest), Map::kManifest); !fits)
    return std::unexpected(fits.error());
  if (auto read = read_only_entry(side.fd(Map::kManifest), side.manifest_); !read) {
    return std::unexpected(read.error());
  }
  if (side.manifest_.abi_version != BMC_ABI_VERSION) {
    return fail(fmt::format("{} is of ABI version {}, this program of {}", folder,
                            side.manifest_.abi_version, static_cast<int>(BMC_ABI_VERSION)),
                0, "bmc detach, then bmc run");
  }
  for (std::size_t i = 0; i < side.maps_.size(); i++) {
    if (auto fits = check_map(side.maps_[i].get(), static_cast<Map>(i)); !fits)
      return std::unexpected(fits.error());
  }
  if (auto opened = open_pins(folder + "/programs", kProgramNames, side.programs_); !opened) {
    return std::unexpected(opened.error());
  }
  if (auto read = read_only_entry(side.fd(Map::kConfig), side.config_); !read) {
    return std::unexpected(read.error());
  }
  auto state = Mapping::of(side.fd(Map::kState), sizeof(bmc_state), Mapping::Access::kReadWrite);
  if (!state) return std::unexpected(state.error());
  side.state_ = std::move(*state);
  auto classes =
      Mapping::of(side.fd(Map::kClasses), BMC_CLASSES * sizeof(bmc_class), Mapping::Access::kRead);
  if (!classes) return std::unexpected(classes.error());
  side.classes_ = std::move(*classes);
  return side;
}

}  // namespace bmc

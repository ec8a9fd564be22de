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

/// The maps' values must have the size that this program was compiled with.
Result<void> check_value_size(int map_fd, std::size_t bytes) {
  bpf_map_info info{};
  std::uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map_fd, &info, &length) != 0)
    return fail("cannot look at a map", errno);
  if (info.value_size != bytes) {
    return fail(
        fmt::format("map {} has values of {} bytes, not {}", info.name, info.value_size, bytes), 0,
        "bmc detach, then bmc run: it is of another version");
  }
  return {};
}

}  // namespace

Result<KernelSide> KernelSide::open(const std::string& folder) {
  KernelSide side;
  if (auto opened = open_pins(folder + "/maps", kMapNames, side.maps_); !opened) {
    return std::unexpected(opened.error());
  }
  if (auto read = read_only_entry(side.fd(Map::kManifest), side.manifest_); !read) {
    return std::unexpected(read.error());
  }
  if (side.manifest_.abi_version != BMC_ABI_VERSION) {
    return fail(fmt::format("{} is of ABI version {}, this program of {}", folder,
                            side.manifest_.abi_version, static_cast<int>(BMC_ABI_VERSION)),
                0, "bmc detach, then bmc run");
  }
  for (const auto& [map, bytes] :
       {std::pair{Map::kState, sizeof(bmc_state)}, std::pair{Map::kStats, sizeof(bmc_stats)},
        std::pair{Map::kConfig, sizeof(bmc_config)},
        std::pair{Map::kBuckets, sizeof(bmc_bucket)}}) {
    if (auto fits = check_value_size(side.fd(map), bytes); !fits)
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

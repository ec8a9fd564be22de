// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// An attached instance, seen through its pins: its maps, its programs, its
// state. The daemon and the commands that only look use the same class; a
// fresh load ends in pins as well (object.h), so there is one way in.
#pragma once

#include <array>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "bmc/abi.h"
#include "bmc/flow.h"
#include "bpf/mapping.h"

namespace bmc {

enum class Map {
  kConfig,
  kState,
  kStats,
  kBuckets,
  kChunks,
  kSlabWords,
  kClasses,
  kMisses,
  kSources,
  kClients,
  kLocals,
  kInterfaces,
  kUnsynced,
  kFlows,
  kReplies,
  kTcpStats,
  kManifest,
};
inline constexpr std::array kMapNames{
    "config",       "bmc_state",  "bmc_stats",   "bmc_buckets",   "bmc_chunks", "bmc_slab_words",
    "bmc_classes",  "bmc_misses", "bmc_sources", "bmc_clients",   "bmc_locals", "bmc_interfaces",
    "bmc_unsynced", "bmc_flows",  "bmc_replies", "bmc_tcp_stats", "manifest"};

enum class Program {
  kXdp,
  kTc,
  kTcpIn,
  kTcpOut,
  kRecv,
  kSend,
  kSkState,
  kExit,
  kFork,
  kSkRelease,
  kLease,
  kFill,
  kBackoff,
  kFlush,
  kBeat,
  kMove,
};
inline constexpr std::array kProgramNames{
    "bmc_xdp",      "bmc_tc",    "bmc_tcp_in", "bmc_tcp_out",    "bmc_recv",  "bmc_send",
    "bmc_sk_state", "bmc_exit",  "bmc_fork",   "bmc_sk_release", "bmc_lease", "bmc_fill",
    "bmc_backoff",  "bmc_flush", "bmc_beat",   "bmc_move"};

/// What a pinned instance was made of: decides whether a daemon may adopt it.
struct Manifest {
  std::uint32_t abi_version;
  std::uint32_t test_flags;
  std::uint64_t object_hash;  ///< of the BPF object file
  std::uint64_t memory_bytes;
  std::uint64_t net_namespace;  ///< inode: interfaces are numbered in it
  std::uint32_t buckets;
  std::uint16_t port;
  std::uint16_t serves_tcp;

  bool operator==(const Manifest&) const = default;
};
static_assert(sizeof(Manifest) == 40);

/// Keys and values must have the sizes that this program was compiled with.
Result<void> check_map(int map_fd, Map which);

class KernelSide {
 public:
  /// Opens the pins in @folder; fails if they are of another ABI.
  [[nodiscard]] static Result<KernelSide> open(const std::string& folder);

  int fd(Map map) const { return maps_[static_cast<std::size_t>(map)].get(); }
  int fd(Program program) const { return programs_[static_cast<std::size_t>(program)].get(); }

  const Manifest& manifest() const { return manifest_; }
  const bmc_config& config() const { return config_; }
  bmc_state& state() const { return state_.as<bmc_state>(); }
  std::span<const bmc_class> classes() const {
    return classes_.array<const bmc_class>().first(BMC_CLASSES);
  }

 private:
  std::array<Fd, kMapNames.size()> maps_;
  std::array<Fd, kProgramNames.size()> programs_;
  Manifest manifest_{};
  bmc_config config_{};
  Mapping state_;
  Mapping classes_;
};

}  // namespace bmc

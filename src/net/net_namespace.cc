// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "net/net_namespace.h"

#include <sys/stat.h>

#include <filesystem>

namespace bmc {
namespace {

std::uint64_t inode_of(const char* path) {
  struct stat status{};
  return ::stat(path, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::uint64_t net_namespace() {
  return inode_of("/proc/self/ns/net");
}

bool has_net_namespace(std::uint64_t inode) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (!name.empty() && name[0] >= '1' && name[0] <= '9' &&
        inode_of((entry.path() / "ns/net").c_str()) == inode) {
      return true;
    }
  }
  return false;
}

std::string net_namespace_name(std::uint64_t inode) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", error)) {
    if (inode_of(entry.path().c_str()) == inode) return entry.path().filename();
  }
  return {};
}

}  // namespace bmc

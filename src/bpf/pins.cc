// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/pins.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

namespace bmc {
namespace {

constexpr const char* kBpfFs = "/sys/fs/bpf";
constexpr const char* kRoot = "/sys/fs/bpf/bmc";
constexpr char kUnpublished = '+';  // stands in no instance's name

bool is_bpf_fs() {
  struct statfs fs{};
  return ::statfs(kBpfFs, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

/// The parent of a process; 0 if it has none that is seen here.
pid_t parent_of(pid_t process) {
  const auto status = read_file(fmt::format("/proc/{}/status", process));
  if (!status) return 0;
  const auto at = status->find("\nPPid:");
  if (at == std::string::npos) return 0;
  std::string_view rest = std::string_view(*status).substr(at + 6);
  return parse_number<pid_t>(cut_word(rest)).value_or(0);
}

/// `ip netns exec` gives its command a mount namespace with a bare /sys, where
/// neither the BPF file system nor the cgroups are to be seen, and where what is
/// mounted goes with the command. So that of the nearest ancestor that has
/// another one is joined.
void find_bpf_fs() {
  if (is_bpf_fs()) return;
  const std::string ours = read_link("/proc/self/ns/mnt");
  for (pid_t ancestor = ::getppid(); ancestor > 0; ancestor = parent_of(ancestor)) {
    const std::string path = fmt::format("/proc/{}/ns/mnt", ancestor);
    if (read_link(path) == ours) continue;
    const Fd theirs(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (theirs) (void)::setns(theirs.get(), CLONE_NEWNS);
    return;
  }
}

}  // namespace

bool is_instance_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

std::string pin_folder(std::string_view name) {
  return fmt::format("{}/{}", kRoot, name);
}

std::string unpublished_pin_folder(std::string_view name) {
  return fmt::format("{}/{}{}", kRoot, kUnpublished, name);
}

Result<void> mount_bpf_fs() {
  find_bpf_fs();
  if (!is_bpf_fs() &&
      ::mount("bpf", kBpfFs, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700")) {
    return fail(fmt::format("cannot mount the BPF file system on {}", kBpfFs), errno,
                fmt::format("as root: mount -t bpf bpf {}", kBpfFs));
  }
  if (auto made = make_directories(kRoot); !made) return made;
  return {};
}

Result<void> make_pin_folder(const std::string& folder) {
  for (const char* part : {"/maps", "/programs", "/links"}) {
    if (auto made = make_directories(folder + part); !made) return made;
  }
  return {};
}

Result<void> publish_pins(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return fail("cannot publish " + to, errno);
  return {};
}

Result<void> remove_pins(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return fail("cannot remove " + folder, error.value());
  ::rmdir(kRoot);  // if this was the last instance
  return {};
}

std::vector<std::string> list_pins(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> list_pin_folders() {
  auto folders = list_pins(kRoot);
  for (std::string& name : folders) name = fmt::format("{}/{}", kRoot, name);
  return folders;
}

Result<PinnedInstances> list_instances() {
  find_bpf_fs();
  if (::access(kRoot, R_OK | X_OK) != 0 && errno == EACCES) {
    return fail(fmt::format("cannot look into {}", kRoot), EACCES, "run as root");
  }
  PinnedInstances instances;
  for (const std::string& folder : list_pins(kRoot)) {
    const bool is_unpublished = folder.starts_with(kUnpublished);
    const std::string name = folder.substr(is_unpublished ? 1 : 0);
    if (!is_instance_name(name)) continue;
    (is_unpublished ? instances.unpublished : instances.published).push_back(name);
  }
  return instances;
}

}  // namespace bmc

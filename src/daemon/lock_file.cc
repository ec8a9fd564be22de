// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace bmc {
namespace {

constexpr const char* kRunRoot = "/run/bmc";

std::string lock_path(const std::string& name) {
  return run_folder(name) + "/lock";
}

/// Not if its folder was removed after we had opened it.
bool is_still_at(const Fd& file, const std::string& path) {
  struct stat ours{};
  struct stat there{};
  return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/// Who asks whether the daemon lives (living_daemon) holds the lock for a moment.
bool lock_exclusively(const Fd& file) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; i++) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

std::string run_folder(const std::string& name) {
  return fmt::format("{}/{}", kRunRoot, name);
}
std::string status_path(const std::string& name) {
  return run_folder(name) + "/status.json";
}

Result<std::optional<LockFile>> LockFile::try_take(const std::string& name) {
  if (auto made = make_directories(run_folder(name)); !made) return std::unexpected(made.error());
  Fd file(::open(lock_path(name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return fail("cannot open " + lock_path(name), errno, "run as root");
  if (!lock_exclusively(file) || !is_still_at(file, lock_path(name))) return std::nullopt;
  // A daemon that was killed has left its number.
  if (::ftruncate(file.get(), 0) != 0) return fail("cannot write " + lock_path(name), errno);
  return LockFile(name, std::move(file));
}

Result<LockFile> LockFile::take_as_daemon(const std::string& name) {
  auto lock = try_take(name);
  if (!lock) return std::unexpected(lock.error());
  if (*lock) {
    if (auto written = (*lock)->write_pid(); !written) return std::unexpected(written.error());
    return std::move(**lock);
  }
  if (const auto daemon = living_daemon(name)) {
    return fail(fmt::format("a daemon called {} is running already, process {}", name, *daemon), 0,
                fmt::format("bmc detach --name {}, or another --name", name));
  }
  return fail(fmt::format("{} is just being detached", name), 0, "the same again");
}

Result<void> LockFile::write_pid() const {
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::write(file_.get(), pid.data(), pid.size()) != static_cast<ssize_t>(pid.size())) {
    return fail("cannot write " + lock_path(name_), errno);
  }
  return {};
}

void LockFile::remove_folder() const {
  std::error_code ignored;
  std::filesystem::remove_all(run_folder(name_), ignored);
}

std::optional<pid_t> living_daemon(const std::string& name) {
  const Fd file(::open(lock_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  const auto text = read_file(lock_path(name));
  if (!text) return std::nullopt;
  std::string_view line = *text;
  return parse_number<pid_t>(cut(line, '\n'));
}

std::vector<std::string> list_living_daemons() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kRunRoot, error)) {
    const std::string name = entry.path().filename();
    if (living_daemon(name)) names.push_back(name);
  }
  return names;
}

}  // namespace bmc

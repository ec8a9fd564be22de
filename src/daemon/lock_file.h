// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// /run/bmc/NAME/: the daemon's lock and its status file. The lock is held as
// long as the daemon lives, and by nobody else of that name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace bmc {

std::string run_folder(const std::string& name);
std::string status_path(const std::string& name);

class LockFile {
 public:
  /// Fails if a daemon of that name lives.
  [[nodiscard]] static Result<LockFile> take(const std::string& name);

  /// Removes the folder; the lock itself goes with the object.
  void remove_folder() const;

 private:
  LockFile(std::string name, Fd file) : name_(std::move(name)), file_(std::move(file)) {}

  std::string name_;
  Fd file_;
};

/// The daemon that lives under that name, if one does.
std::optional<pid_t> living_daemon(const std::string& name);

}  // namespace bmc

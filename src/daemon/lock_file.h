// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// /run/bmc/NAME/: an instance's lock and the daemon's status file. Who makes or
// removes the instance holds the lock: the daemon as long as it lives, with its
// process number in the file, and `bmc detach` while it works, with none.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace bmc {

std::string run_folder(const std::string& name);
std::string status_path(const std::string& name);

class LockFile {
 public:
  /// Nothing while somebody else holds it.
  [[nodiscard]] static Result<std::optional<LockFile>> try_take(const std::string& name);

  /// Makes this process the living daemon. Fails while somebody else holds it.
  [[nodiscard]] static Result<LockFile> take_as_daemon(const std::string& name);

  /// Removes the folder; the lock itself goes with the object.
  void remove_folder() const;

 private:
  LockFile(std::string name, Fd file) : name_(std::move(name)), file_(std::move(file)) {}

  Result<void> write_pid() const;

  std::string name_;
  Fd file_;
};

/// The daemon that lives under that name, if one does.
std::optional<pid_t> living_daemon(const std::string& name);

/// Names of all daemons that live, attached or not yet.
std::vector<std::string> list_living_daemons();

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the daemon knows and the maps do not tell, left in a file for
// `bmc status`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/attachments.h"
#include "daemon/memcached_watch.h"
#include "daemon/notices.h"
#include "daemon/options.h"

namespace bmc {

struct StatusParts {
  const RunOptions& options;
  const MemcachedStatus& memcached;
  const std::vector<Attachment>& attachments;
  const std::vector<Address>& addresses;
  const Notices& notices;
};

nlohmann::json describe(const StatusParts& parts);

/// Writes the file when it would change.
class StatusFile {
 public:
  explicit StatusFile(std::string path) : path_(std::move(path)) {}

  void write(const nlohmann::json& status);

 private:
  std::string path_;
  std::string written_;
};

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/status.h"

#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

namespace bmc {
namespace {

using nlohmann::json;

json describe(const MemcachedStatus& memcached) {
  json text{{"phase", memcached.phase}, {"pid", nullptr}};
  if (memcached.pid == 0) return text;
  text["pid"] = memcached.pid;
  text["version"] = memcached.facts.version;
  text["workers"] = memcached.facts.workers;
  text["address"] = memcached.endpoint;
  text["reservations"] = memcached.facts.reservations;
  return text;
}

json describe(const Attachment& attachment) {
  return {{"name", attachment.interface},
          {"index", attachment.index},
          {"up", attachment.is_up},
          {"hook", attachment.hook ? json(hook_name(*attachment.hook)) : json()}};
}

}  // namespace

json describe(const StatusParts& parts) {
  json status{{"name", parts.options.name},       {"pid", ::getpid()},
              {"port", parts.options.port()},     {"memcached", describe(parts.memcached)},
              {"interfaces", json::array()},      {"addresses", json::array()},
              {"warnings", parts.notices.texts()}};
  for (const Attachment& each : parts.attachments) status["interfaces"].push_back(describe(each));
  for (const Address& each : parts.addresses) status["addresses"].push_back(each.text());
  return status;
}

void StatusFile::write(const json& status) {
  // Names of interfaces may hold bytes that are no UTF-8.
  std::string text = status.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (text == written_) return;
  if (const auto done = replace_file(path_, text); !done) {
    spdlog::debug("{}", done.error().what);
    return;
  }
  written_ = std::move(text);
}

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bpf/cache_walk.h"
#include "cli/commands.h"
#include "cli/flows_view.h"
#include "cli/instance_option.h"

namespace bmc::cli {
namespace {

struct Words {
  std::string name;
  std::string prefix;
  bool json = false;
  bool flows = false;
};

/// Keys may hold bytes that are no UTF-8.
std::string as_json(const CachedItem& item) {
  const nlohmann::json line{{"key", std::string(item.key)},
                            {"bytes", item.value_bytes},
                            {"age_s", item.age.count()},
                            {"ttl_s", item.ttl_s ? nlohmann::json(*item.ttl_s) : nlohmann::json()}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string as_text(const CachedItem& item) {
  const std::string ttl = item.ttl_s ? fmt::format("{:.1f} s", *item.ttl_s) : "-";
  const std::string age = fmt::format("{} s", item.age.count());
  return fmt::format("{:>6} {:>10} {:>12}  {}", item.value_bytes, age, ttl, item.key);
}

Result<void> dump(const Words& words) {
  const auto kernel = open_instance(words.name);
  if (!kernel) return std::unexpected(kernel.error());
  if (words.flows) return dump_flows(*kernel, words.json);
  bool is_first = true;
  const auto title = fmt::format("{:>6} {:>10} {:>12}  key\n", "bytes", "age", "TTL left");
  fmt::print("{}", words.json ? "[" : title);
  const auto print = [&](const CachedItem& item) {
    if (!item.key.starts_with(words.prefix)) return;
    if (words.json) {
      fmt::print("{}\n{}", is_first ? "" : ",", as_json(item));
    } else {
      fmt::print("{}\n", as_text(item));
    }
    is_first = false;
  };
  auto walked = walk_cache(*kernel, print);
  if (words.json) fmt::print("]\n");
  return walked;
}

}  // namespace

void add_dump(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("dump", "List the keys that are cached in the kernel");
  const auto words = std::make_shared<Words>();
  add_name_option(*command, words->name);
  command->add_option("--prefix", words->prefix, "Only keys that begin with this");
  CLI::Option* flows = command->add_flag(
      "--flows", words->flows, "List the TCP connections that are followed instead of the keys");
  flows->excludes("--prefix");
  command->add_flag("--json", words->json, "Print a JSON array");
  command->footer(
      "bytes is the value's size; age, to some 8 s and beginning anew after some 6 days, is how\n"
      "long it has been cached; TTL left is what memcached's expiry leaves it. Of a connection,\n"
      "in and out are the bytes of requests and replies that memcached never saw.\n\n"
      "Example: bmc dump --prefix user:");
  command->callback([words, &action] { action = [words] { return dump(*words); }; });
}

}  // namespace bmc::cli

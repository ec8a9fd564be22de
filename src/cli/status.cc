// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <ranges>

#include "base/clock.h"
#include "base/file.h"
#include "base/units.h"
#include "bpf/counters.h"
#include "bpf/flows.h"
#include "bpf/pins.h"
#include "cli/commands.h"
#include "cli/instance_option.h"
#include "cli/unsynced_view.h"
#include "daemon/lock_file.h"

namespace bmc::cli {
namespace {

using nlohmann::json;

/// What the daemon has left in its file; an empty object if there is none.
json read_daemon_status(const std::string& name) {
  const auto text = read_file(status_path(name));
  json status = text ? json::parse(*text, nullptr, false) : json();
  return status.is_object() ? status : json::object();
}

/// The daemon's part, and over it what the kernel side says at this moment.
json gather(const KernelSide& kernel, const std::string& name) {
  bmc_state& state = kernel.state();
  json status = read_daemon_status(name);
  // The file is a moment old, the kernel side is not.
  const bool is_dead = (atomic(state.stopped).load() & BMC_STOP_DEAD) != 0;
  const std::uint32_t armed = atomic(state.tgid).load();
  if (is_dead) {
    status["memcached"]["pid"] = nullptr;
  } else if (armed != 0) {
    status["memcached"]["pid"] = armed;
  }
  status["name"] = name;
  status["serving"] = is_serving(kernel);
  status["stopped"] = stop_labels(atomic(state.stopped).load());
  status["daemon_alive"] = living_daemon(name).has_value();
  status["heartbeat_age_ms"] = heartbeat_age(kernel).count();
  status["port"] = kernel.config().port;
  status["memory_bytes"] = kernel.manifest().memory_bytes;
  if (kernel.config().serves_tcp != 0) {
    const FlowCount flows = count_flows(list_flows(kernel.fd(Map::kFlows)));
    status["tcp"] = {
        {"flows", flows.open}, {"translated", flows.translated}, {"closed", flows.closed}};
  } else {
    status["tcp"] = nullptr;
  }
  status["epoch"] = state.epoch;
  status["incarnation"] = state.incarnation;
  const auto unsynced = list_unsynced(kernel);
  status["unsynced"] = describe_unsynced(unsynced, monotonic_ns());
  return status;
}

/// @addresses: of memcached's UDP sockets. TCP is served wherever memcached answers.
std::string ports_text(const bmc_config& config, const std::vector<std::string>& addresses) {
  constexpr std::size_t kShown = 8;  // --json has all
  std::string text;
  if (!addresses.empty()) {
    const auto shown = addresses | std::views::take(kShown);
    text = fmt::format("UDP port {} at {}", config.port, fmt::join(shown, ", "));
    if (addresses.size() > kShown) text += fmt::format(" and {} more", addresses.size() - kShown);
  }
  if (config.serves_tcp != 0) {
    text += fmt::format("{}TCP port {}", text.empty() ? "" : "; ", config.port);
  }
  return text.empty() ? "nothing: memcached has no UDP address" : text;
}

std::string stop_help(std::uint32_t stopped) {
#define X(name, bit, label, help) \
  if (stopped & BMC_STOP_##name) return help;
  BMC_STOPS(X)
#undef X
  return {};
}

std::string serving_text(const KernelSide& kernel, bool daemon_alive) {
  if (!is_serving(kernel)) {
    const std::string why = stop_help(atomic(kernel.state().stopped).load());
    return "not serving: " +
           (why.empty() ? std::string("the daemon has been gone for too long") : why);
  }
  if (daemon_alive) return "serving";
  return "serving for a few seconds more: the daemon is gone";
}

std::string memcached_text(const json& memcached) {
  if (!memcached.is_object()) return "unknown";
  const std::string phase = memcached.value("phase", "unknown");
  if (!memcached.contains("pid") || memcached["pid"].is_null()) return phase;
  const std::string process = fmt::format("process {}: {}", memcached["pid"].dump(), phase);
  if (!memcached.contains("version")) return process;
  return fmt::format("{} at {}, {}", memcached.value("version", "?"),
                     memcached.value("address", "?"), process);
}

std::string tcp_text(const json& tcp) {
  if (!tcp.is_object()) return {};
  return fmt::format("tcp        {} connections, {} of them translated\n", tcp["flows"].dump(),
                     tcp["translated"].dump());
}

std::string render(const KernelSide& kernel, const json& status) {
  std::string out;
  auto to = std::back_inserter(out);
  const bool alive = status["daemon_alive"];
  fmt::format_to(to, "instance   {}: {}\n", status["name"].get<std::string>(),
                 serving_text(kernel, alive));
  fmt::format_to(
      to, "daemon     {}\n",
      alive ? fmt::format("process {}", status.value("pid", json()).dump()) : "not running");
  fmt::format_to(to, "memcached  {}\n", memcached_text(status.value("memcached", json())));
  for (const json& each : status.value("interfaces", json::array())) {
    const bool attached = each.contains("hook") && each["hook"].is_string();
    fmt::format_to(to, "interface  {}: {}{}\n", each.value("name", "?"),
                   attached ? each["hook"].get<std::string>() : "not attached",
                   each.value("up", false) ? "" : ", down");
  }
  const auto addresses = status.value("addresses", std::vector<std::string>{});
  fmt::format_to(to, "serves     {}\n", ports_text(kernel.config(), addresses));
  fmt::format_to(to, "{}", tcp_text(status.value("tcp", json())));
  fmt::format_to(to, "memory     {}\n", format_bytes(kernel.manifest().memory_bytes));
  for (const auto& each : status.value("warnings", std::vector<std::string>{})) {
    fmt::format_to(to, "warning    {}\n", each);
  }
  const auto unsynced = list_unsynced(kernel);
  return out + unsynced_text(unsynced, monotonic_ns());
}

Result<void> status(const std::string& wanted, bool as_json) {
  const auto name = select_instance(wanted);
  if (!name) return std::unexpected(name.error());
  const auto kernel = KernelSide::open(pin_folder(*name));
  if (!kernel) return std::unexpected(kernel.error());
  const json gathered = gather(*kernel, *name);
  fmt::print("{}", as_json ? gathered.dump(2) + "\n" : render(*kernel, gathered));
  return {};
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("status", "Show whether an instance serves, and why not");
  const auto name = std::make_shared<std::string>();
  const auto as_json = std::make_shared<bool>(false);
  add_name_option(*command, *name);
  command->add_flag("--json", *as_json, "Print JSON");
  command->footer("Example: bmc status");
  command->callback(
      [name, as_json, &action] { action = [name, as_json] { return status(*name, *as_json); }; });
}

}  // namespace bmc::cli

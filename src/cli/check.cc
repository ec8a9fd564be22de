// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bpf/features.h"
#include "cli/commands.h"
#include "memcached/inquiry.h"
#include "net/hook.h"
#include "net/interface.h"
#include "net/xdp_link.h"

namespace bmc::cli {
namespace {

struct Words {
  std::uint16_t port = 11211;
  std::vector<std::string> interfaces;
  bool json = false;
};

/// One line of the report.
struct Finding {
  std::string what;
  bool is_ok;
  bool is_fatal;       ///< bmc run would fail
  std::string detail;  ///< what it is, or what is lost
  std::string hint;
};

std::vector<Finding> check_kernel() {
  std::vector<Finding> findings;
  for (const Feature& each : probe_features()) {
    findings.push_back({each.name, each.is_present, each.is_required,
                        each.is_present ? std::string{} : each.lost, each.hint});
  }
  return findings;
}

Finding check_interface(const std::string& name) {
  const auto interface = find_interface(name);
  if (!interface)
    return {"interface " + name, false, true, interface.error().what, interface.error().hint};
  const bool has_foreign_xdp = xdp_program_id(interface->index) != 0;
  const auto hooks = hooks_to_try(HookChoice::kAuto, *interface, has_foreign_xdp);
  std::string detail =
      fmt::format("{}, {}", interface->is_up ? "up" : "down", hook_name(hooks.front()));
  if (has_foreign_xdp) detail += ", has an XDP program already";
  return {"interface " + name, interface->is_up, false, detail,
          fmt::format("ip link set {} up", name)};
}

/// One that is not there yet, or frozen, is waited for; one that is not as it has to be is refused.
Finding check_memcached(std::uint16_t port) {
  const std::string what = fmt::format("memcached on port {}", port);
  const auto process = find_process(port);
  const bool is_absent = process && !*process;
  const auto inquiry = inquire(port);
  if (!inquiry) {
    const bool is_fatal = !is_absent && inquiry.error().err != ETIMEDOUT;
    return {what, false, is_fatal, inquiry.error().what, inquiry.error().hint};
  }
  std::string detail = fmt::format("{}, process {}, {} threads", inquiry->facts.version,
                                   inquiry->process.pid, inquiry->facts.workers);
  if (inquiry->process.udp.empty()) detail += "; over TCP only";
  for (const std::string& each : inquiry->facts.reservations) detail += "; " + each;
  return {what, true, false, detail, {}};
}

void print_text(const std::vector<Finding>& findings) {
  for (const Finding& each : findings) {
    fmt::print("{:<8} {}{}{}\n",
               each.is_ok      ? "ok"
               : each.is_fatal ? "missing"
                               : "warning",
               each.what, each.detail.empty() ? "" : ": ", each.detail);
    if (!each.is_ok && !each.hint.empty()) fmt::print("           try: {}\n", each.hint);
  }
}

void print_json(const std::vector<Finding>& findings) {
  auto list = nlohmann::json::array();
  for (const Finding& each : findings) {
    list.push_back({{"what", each.what},
                    {"ok", each.is_ok},
                    {"required", each.is_fatal},
                    {"detail", each.detail},
                    {"hint", each.is_ok ? "" : each.hint}});
  }
  fmt::print("{}\n", list.dump(2));
}

Result<void> check(const Words& words) {
  auto findings = check_kernel();
  bool machine_cannot = false;
  for (const Finding& each : findings) machine_cannot |= !each.is_ok && each.is_fatal;
  for (const std::string& name : words.interfaces) findings.push_back(check_interface(name));
  findings.push_back(check_memcached(words.port));
  words.json ? print_json(findings) : print_text(findings);
  if (machine_cannot) {
    return fail("this machine cannot run BMC", 0, "what is missing above", ExitCode::kUnsupported);
  }
  for (const Finding& each : findings) {
    if (!each.is_ok && each.is_fatal) return fail(each.detail, 0, each.hint);
  }
  return {};
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("check", "Tell what this kernel, the interfaces and memcached allow");
  const auto words = std::make_shared<Words>();
  command->add_option("-p,--port", words->port, "memcached's port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command->add_option("-i,--interface", words->interfaces, "Interfaces to look at, e.g. eth0,lo")
      ->delimiter(',');
  command->add_flag("--json", words->json, "Print JSON");
  command->footer("Example: bmc check -p 11211 -i eth0");
  command->callback([words, &action] { action = [words] { return check(*words); }; });
}

}  // namespace bmc::cli

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/format.h>

#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "bpf/pins.h"
#include "cli/commands.h"
#include "daemon/daemon.h"
#include "net/address.h"

namespace bmc::cli {
namespace {

struct Words {
  std::uint16_t port = 11211;
  std::vector<std::string> interfaces;
  std::string hook = "auto";
  std::string tcp = "on";
  std::string memory = "256M";
  std::string clients;
  std::string name;
  std::uint32_t test_flags = 0;
  std::uint32_t test_buckets = 0;
  bool verbose = false;
};

Result<RunOptions> understand(const Words& words) {
  RunOptions options;
  options.object.port = words.port;
  options.object.serves_tcp = words.tcp == "on";
  options.object.test_flags = words.test_flags;
  options.object.buckets = words.test_buckets;
  options.interfaces = words.interfaces;
  options.name = words.name.empty() ? fmt::format("{}", words.port) : words.name;
  if (!is_instance_name(options.name)) {
    return fail(fmt::format("'{}' is no name for an instance", options.name), 0,
                "--name with letters, digits, '-' and '_' only", ExitCode::kUsage);
  }
  const auto memory = parse_bytes(words.memory);
  if (!memory) return std::unexpected(memory.error());
  options.object.memory_bytes = *memory;
  const auto hook = parse_hook(words.hook);
  if (!hook) return std::unexpected(hook.error());
  options.hook = *hook;
  auto clients = parse_clients(words.clients);
  if (!clients) return std::unexpected(clients.error());
  options.clients = std::move(*clients);
  return options;
}

Result<void> run(const Words& words) {
  start_log(words.verbose);
  const auto options = understand(words);
  if (!options) return std::unexpected(options.error());
  return run_daemon(*options);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("run", "Serve for the memcached on a port, until stopped");
  const auto words = std::make_shared<Words>();
  command->add_option("-p,--port", words->port, "memcached's port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command
      ->add_option("-i,--interface", words->interfaces,
                   "Interfaces to serve on, e.g. eth0,lo; of stacked devices the uppermost")
      ->required()
      ->delimiter(',');
  command
      ->add_option("--hook", words->hook,
                   "Where to attach: xdp, tc, or auto: xdp on network cards that can, else tc")
      ->capture_default_str();
  command->add_option("--tcp", words->tcp, "Answer gets over TCP: on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command->add_option("--memory", words->memory, "Memory for the cache, 256K to 8G")
      ->capture_default_str();
  command->add_option("--clients", words->clients,
                      "Networks to serve over UDP before memcached has answered them, "
                      "e.g.\n192.0.2.0/24,2001:db8::/32");
  command->add_option("--name", words->name, "Name of the instance; the port if not given");
  command->add_flag("-v,--verbose", words->verbose, "Log more, libbpf's words among it");
  command->add_option("--test-flags", words->test_flags)->group("");
  command->add_option("--test-buckets", words->test_buckets)->group("");
  command->footer("Example: bmc run -p 11211 -i eth0 --memory 1G");
  command->callback([words, &action] { action = [words] { return run(*words); }; });
}

}  // namespace bmc::cli

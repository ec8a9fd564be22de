// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <cstdio>

#include "bpf/libbpf_log.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  using bmc::ExitCode;
  bmc::capture_libbpf_log();
  CLI::App app{"BMC: answers memcached requests inside the Linux kernel", "bmc"};
  app.require_subcommand(1);
  app.set_version_flag("--version", BMC_VERSION);

  bmc::cli::Action action;
  bmc::cli::add_check(app, action);
  bmc::cli::add_run(app, action);
  bmc::cli::add_status(app, action);
  bmc::cli::add_stats(app, action);
  bmc::cli::add_dump(app, action);
  bmc::cli::add_flush(app, action);
  bmc::cli::add_detach(app, action);
  bmc::cli::add_bench(app, action);
  bmc::cli::add_version(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "bmc" : "bmc " + chosen.front()->get_name();
    fmt::print(stderr, "{}", bmc::format_error({error.what(), 0, command + " --help"}));
    return static_cast<int>(ExitCode::kUsage);
  }
  if (const auto done = action(); !done) {
    fmt::print(stderr, "{}", bmc::format_error(done.error()));
    return static_cast<int>(done.error().code);
  }
  return static_cast<int>(ExitCode::kDone);
}

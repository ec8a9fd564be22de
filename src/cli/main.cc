// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <exception>

#include "base/exception.h"
#include "bpf/libbpf_log.h"
#include "cli/commands.h"

namespace {

using bmc::ExitCode;

int report(const bmc::Error& error) {
  fmt::print(stderr, "{}", bmc::format_error(error));
  return static_cast<int>(error.code);
}

int run(int argc, char** argv) {
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
    return report({error.what(), 0, command + " --help", ExitCode::kUsage});
  }
  if (const auto done = action(); !done) return report(done.error());
  return static_cast<int>(ExitCode::kDone);
}

/// What was printed may have come no farther than the buffer: a full disk shows only here.
int flush_output(int code) {
  const int err = std::fflush(stdout) != 0 ? errno : 0;
  if (err == 0 && std::ferror(stdout) == 0) return code;
  return report({"cannot write to standard output", err});
}

}  // namespace

int main(int argc, char** argv) {
  bmc::capture_libbpf_log();
  try {
    return flush_output(run(argc, argv));
  } catch (...) {
    return report(bmc::error_of(std::current_exception()));
  }
}

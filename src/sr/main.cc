// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// memcached-sr: becomes the memcached of the system, with a library preloaded that
// gives each worker a UDP socket of its own. What can be known beforehand to fail, or
// to have no effect, is refused.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "sr/help.h"
#include "sr/plan.h"
#include "sr/preload/settings.h"
#include "sr/program.h"

namespace bmc::sr {
namespace {

struct Words {
  std::string memcached = "memcached";
  std::string steer;
  bool is_pinning = false;
  bool is_sharing_tcp = false;
  std::vector<std::string> options;  ///< memcached's
};

Result<void> check_steering(const Plan& plan) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) {
    return fail("cannot tell which CPUs may be used", errno, "memcached-sr without --steer");
  }
  const int cpus = CPU_COUNT(&set);
  if (plan.threads <= cpus) return {};
  return fail(fmt::format("--steer cpu gives each thread a CPU: {} threads, but {} CPUs",
                          plan.threads, cpus),
              0, fmt::format("-t {}", cpus), ExitCode::kUsage);
}

/// In front of what is to be preloaded anyway, such as another allocator.
void preload(const std::string& library) {
  const char* others = std::getenv("LD_PRELOAD");
  const bool is_alone = others == nullptr || *others == '\0';
  ::setenv("LD_PRELOAD", (is_alone ? library : library + ":" + others).c_str(), 1);
}

void export_settings(const Words& words) {
  if (!words.steer.empty()) ::setenv(kSteerVariable, words.steer.c_str(), 1);
  if (words.is_pinning) ::setenv(kPinVariable, "1", 1);
  if (words.is_sharing_tcp) ::setenv(kTcpVariable, "1", 1);
}

/// Returns only if the program cannot be started.
Error become(const std::string& path, std::vector<std::string> options) {
  std::vector<char*> words{const_cast<char*>(path.c_str())};
  for (std::string& option : options) words.push_back(option.data());
  words.push_back(nullptr);
  ::execv(path.c_str(), words.data());
  return {"cannot start " + path, errno, "see whether it runs by itself"};
}

Result<void> start(const Words& words) {
  const auto program = find_program(words.memcached);
  if (!program) return std::unexpected(program.error());
  const Plan plan = read_plan(words.options);
  if (plan.only_informs) return std::unexpected(become(*program, words.options));
  if (auto possible = check_plan(plan); !possible) return possible;
  if (!words.steer.empty()) {
    if (auto possible = check_steering(plan); !possible) return possible;
  }
  if (auto possible = check_preloadable(*program); !possible) return possible;
  const auto library = find_preload();
  if (!library) return std::unexpected(library.error());
  preload(*library);
  export_settings(words);
  return std::unexpected(become(*program, words.options));
}

int report(const Error& error) {
  fmt::print(stderr, "{}", format_error(error, "memcached-sr"));
  return static_cast<int>(error.code);
}

int run(int argc, char** argv) {
  CLI::App app{"", "memcached-sr"};
  Words words;
  app.set_help_flag("--help,-h");
  app.add_option("--steer", words.steer)->check(CLI::IsMember({"cpu"}));
  app.add_flag("--pin", words.is_pinning);
  app.add_flag("--tcp-reuseport", words.is_sharing_tcp);
  app.add_option("--memcached", words.memcached);
  app.allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", kHelp);
    return static_cast<int>(ExitCode::kDone);
  } catch (const CLI::ParseError& error) {
    return report({error.what(), 0, "memcached-sr --help", ExitCode::kUsage});
  }
  words.options = app.remaining();
  const auto started = start(words);
  return started ? static_cast<int>(ExitCode::kDone) : report(started.error());
}

}  // namespace
}  // namespace bmc::sr

int main(int argc, char** argv) {
  return bmc::sr::run(argc, argv);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "sr/elf.h"

namespace bmc::sr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSelf = "/proc/self/exe";
constexpr const char* kLibrary = "memcached-sr.so";
constexpr const char* kUsualPath = "/usr/local/bin:/usr/bin:/bin";
constexpr const char* kOtherBinary = "--memcached with the path of another memcached";

bool is_executable(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

bool is_self(const std::string& path) {
  std::error_code error;
  return fs::equivalent(path, kSelf, error);
}

/// The loader then takes no library from the environment (ld.so(8), secure-execution mode).
bool gains_privileges(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  return (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
         ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != name.npos) {
    if (is_executable(name) && !is_self(name)) return name;
    return fail("there is no memcached at " + name, 0, "--memcached with its path");
  }
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : kUsualPath;
  while (!folders.empty()) {
    const std::string path = fmt::format("{}/{}", cut(folders, ':'), name);
    if (is_executable(path) && !is_self(path)) return path;
  }
  return fail(name + " is in no folder of PATH", 0,
              "apt install memcached, or --memcached with its path");
}

Result<std::string> find_preload() {
  const fs::path folder = fs::path(read_link(kSelf)).parent_path();
  for (const fs::path& candidate :
       {folder / kLibrary, (folder / "../lib/bmc" / kLibrary).lexically_normal()}) {
    if (::access(candidate.c_str(), R_OK) != 0) continue;
    if (candidate.native().find_first_of(" :") == std::string::npos) return candidate.native();
    return fail("the loader cannot be told a path with blanks or colons: " + candidate.native(), 0,
                "install it in a folder without");
  }
  return fail(fmt::format("{} is neither in {} nor in its ../lib/bmc", kLibrary, folder.native()),
              0, "install it where memcached-sr is");
}

Result<void> check_preloadable(const std::string& path) {
  const auto cannot = [&](const std::string& why, const std::string& hint) {
    return fail(fmt::format("cannot preload a library into {}: {}", path, why), 0, hint,
                ExitCode::kUnsupported);
  };
  const auto own = read_elf(kSelf);
  if (!own) return std::unexpected(own.error());
  const auto program = read_elf(path);
  if (!program) return std::unexpected(program.error());
  if (!program->is_elf) {
    return cannot("it is no ELF program", "--memcached with the program that this one starts");
  }
  if (program->machine != own->machine) return cannot("it is for another machine", kOtherBinary);
  if (program->interpreter.empty()) return cannot("it is linked statically", kOtherBinary);
  if (program->interpreter != own->interpreter) {
    return cannot("it has another C library, that of " + program->interpreter, kOtherBinary);
  }
  if (gains_privileges(path)) {
    return cannot("it is set-user-ID, set-group-ID or has capabilities of its own",
                  "a copy of it without them");
  }
  return {};
}

}  // namespace bmc::sr

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/tap_links.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace bmc {
namespace {

constexpr std::array kTraced{Program::kRecv, Program::kSend, Program::kSkState, Program::kExit,
                             Program::kFork};

const char* name_of(Program program) {
  return kProgramNames[static_cast<std::size_t>(program)];
}

std::string link_path(const std::string& folder, Program program) {
  return fmt::format("{}/links/{}", folder, name_of(program));
}

Result<void> attach(const KernelSide& kernel, Program program, int target, bpf_attach_type type,
                    const std::string& folder) {
  const Fd link(bpf_link_create(kernel.fd(program), target, type, nullptr));
  if (!link) return fail(fmt::format("cannot attach {}", name_of(program)), errno, "bmc check");
  const std::string path = link_path(folder, program);
  if (bpf_obj_pin(link.get(), path.c_str()) != 0) return fail("cannot pin " + path, errno);
  return {};
}

std::uint64_t recursion_misses(int program_fd) {
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0) return 0;
  return info.recursion_misses;
}

/// A link that lost its target stays, but says so: a cgroup's id is then 0.
bool is_attached(int link_fd) {
  bpf_link_info info{};
  std::uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(link_fd, &info, &length) != 0) return false;
  return info.type != BPF_LINK_TYPE_CGROUP || info.cgroup.cgroup_id != 0;
}

}  // namespace

// A line of mountinfo: "... MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE OPTIONS".
Result<std::string> find_cgroup_root() {
  const auto text = read_file("/proc/self/mountinfo");
  if (!text) return std::unexpected(text.error());
  std::string_view lines = *text;
  while (!lines.empty()) {
    std::string_view line = cut(lines, '\n');
    if (line.find(" - cgroup2 ") == std::string_view::npos) continue;
    for (int field = 0; field < 3; field++) cut(line, ' ');
    const std::string_view root = cut(line, ' ');
    const std::string_view mount_point = cut(line, ' ');
    if (root == "/") return std::string(mount_point);
  }
  return fail("the root of the cgroup v2 hierarchy is not mounted", 0,
              "mount -t cgroup2 cgroup2 /sys/fs/cgroup", ExitCode::kUnsupported);
}

Result<void> attach_tap(const KernelSide& kernel, const std::string& folder) {
  const auto root = find_cgroup_root();
  if (!root) return std::unexpected(root.error());
  const Fd cgroup(::open(root->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return fail("cannot open " + *root, errno);
  for (const Program program : kTraced) {
    if (auto done = attach(kernel, program, 0, BPF_TRACE_RAW_TP, folder); !done) return done;
  }
  return attach(kernel, Program::kSkRelease, cgroup.get(), BPF_CGROUP_INET_SOCK_RELEASE, folder);
}

Result<TapLinks> TapLinks::open(const std::string& folder) {
  TapLinks tap;
  std::array<Program, kTraced.size() + 1> all{};
  std::copy(kTraced.begin(), kTraced.end(), all.begin());
  all.back() = Program::kSkRelease;
  for (const Program program : all) {
    const std::string path = link_path(folder, program);
    Fd link(bpf_obj_get(path.c_str()));
    if (!link) return fail("cannot open " + path, errno);
    tap.links_.push_back({program, std::move(link)});
  }
  return tap;
}

std::optional<bmc_doubt> TapLinks::doubt(const KernelSide& kernel,
                                         const std::string& folder) const {
  for (const Program program : kTraced) {
    // A connection whose establishment was not seen counts as an older one; the flow of one whose
    // end was not seen stays until its ports are used again. Neither is ever a wrong answer.
    if (program == Program::kSkState) continue;
    if (recursion_misses(kernel.fd(program)) != 0) return BMC_DOUBT_RECURSION;
  }
  for (const Link& link : links_) {
    // Without its pin the program would go with this process, and the hooks stay.
    const std::string pin = link_path(folder, link.program);
    if (!is_attached(link.fd.get()) || ::access(pin.c_str(), F_OK) != 0) {
      return BMC_DOUBT_DETACHED;
    }
  }
  return std::nullopt;
}

}  // namespace bmc

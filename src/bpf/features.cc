// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "bpf/tap_links.h"

namespace bmc {
namespace {

constexpr unsigned kOldestRelease = 6006;
constexpr const char* kInitialPidNamespace = "pid:[4026531836]";

struct Capability {
  int number;
  const char* name;
  const char* lost;
  bool is_required = true;
};
constexpr std::array kCapabilities{
    Capability{CAP_BPF, "CAP_BPF", "nothing can be loaded"},
    Capability{CAP_PERFMON, "CAP_PERFMON", "the tap cannot be loaded"},
    Capability{CAP_NET_ADMIN, "CAP_NET_ADMIN", "nothing can be attached to an interface"},
    Capability{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "memcached's sockets and threads cannot be seen"},
    Capability{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
               "a memcached that was started as another user is not found", false},
};

std::uint64_t effective_capabilities() {
  const auto status = read_file("/proc/self/status");
  const auto at = status ? status->find("CapEff:") : std::string::npos;
  if (at == std::string::npos) return 0;
  std::string_view rest = std::string_view(*status).substr(at + 7);
  return parse_number<std::uint64_t>(cut_word(rest), 16).value_or(0);
}

utsname kernel_name() {
  utsname name{};
  ::uname(&name);
  return name;
}

Feature release_feature() {
  const utsname name = kernel_name();
  return {fmt::format("Linux 6.6 or later (this is {})", name.release),
          parse_release(name.release) >= kOldestRelease, true, "the BPF programs do not load",
          "boot a newer kernel"};
}

Feature preemption_feature() {
  return {"softirqs and tracepoints without preemption", !is_preempt_rt(kernel_name().version), true,
          "two packets could be served in the same memory, and events be lost unnoticed",
          "boot a kernel without PREEMPT_RT"};
}

Feature btf_feature() {
  btf* const types = btf__load_vmlinux_btf();
  btf__free(types);
  return {"kernel type information (BTF)", types != nullptr, true,
          "the tap cannot be loaded", "a kernel with CONFIG_DEBUG_INFO_BTF"};
}

Feature pid_namespace_feature() {
  const std::string ours = read_link("/proc/self/ns/pid");
  return {"the initial process namespace", ours == kInitialPidNamespace, true,
          "memcached's process cannot be told to the tap", "run on the host, or with --pid=host"};
}

Feature cgroup_feature() {
  const auto root = find_cgroup_root();
  return {"cgroup v2 hierarchy", root.has_value(), true, "closed connections are not seen",
          root ? std::string{} : root.error().hint};
}

Feature program_feature(bpf_prog_type type, const char* name, const char* lost, bool is_required) {
  return {fmt::format("BPF programs of type {}", name),
          libbpf_probe_bpf_prog_type(type, nullptr) == 1, is_required, lost, "bmc check as root"};
}

Feature map_feature(bpf_map_type type, const char* name, const char* lost) {
  return {fmt::format("BPF maps of type {}", name), libbpf_probe_bpf_map_type(type, nullptr) == 1,
          true, lost, "bmc check as root"};
}

/// Whether a program can be loaded for a tracepoint's type.
bool loads_on(int type_id) {
  const std::array<bpf_insn, 2> return_0{bpf_insn{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
                                         bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_RAW_TP;
  options.attach_btf_id = static_cast<std::uint32_t>(type_id);
  return static_cast<bool>(Fd(bpf_prog_load(BPF_PROG_TYPE_TRACING, "bmc_probe", "GPL",
                                            return_0.data(), return_0.size(), &options)));
}

void add_tracepoints(std::vector<Feature>& features) {
  btf* types = btf__load_vmlinux_btf();
  for (const char* name : {"sock_recv_length", "sock_send_length", "inet_sock_set_state",
                           "sched_process_exit", "sched_process_fork"}) {
    const std::string type = fmt::format("btf_trace_{}", name);
    const int id = types ? btf__find_by_name_kind(types, type.c_str(), BTF_KIND_TYPEDEF) : 0;
    features.push_back({fmt::format("BPF programs on the tracepoint {}", name),
                        id > 0 && loads_on(id), true, "the tap cannot follow memcached",
                        "Linux 6.6 or later, as root"});
  }
  btf__free(types);
}

Feature jit_feature() {
  // Only the first network namespace has the file.
  const auto text = read_file("/proc/sys/net/core/bpf_jit_enable");
  return {"BPF JIT", !text || !text->starts_with("0"), false,
          "requests are served several times slower", "sysctl net.core.bpf_jit_enable=1"};
}

}  // namespace

unsigned parse_release(std::string_view release) {
  const auto major = parse_number<unsigned>(cut(release, '.'));
  const std::string_view digits = release.substr(0, release.find_first_not_of("0123456789"));
  const auto minor = parse_number<unsigned>(digits);
  return major && minor ? *major * 1000 + *minor : 0;
}

bool is_preempt_rt(std::string_view version) {
  return version.find("PREEMPT_RT") != std::string_view::npos;
}

std::vector<Feature> probe_features() {
  std::vector<Feature> features{release_feature(), preemption_feature(), btf_feature(),
                                pid_namespace_feature()};
  const std::uint64_t capabilities = effective_capabilities();
  for (const Capability& each : kCapabilities) {
    features.push_back({each.name, (capabilities >> each.number & 1) != 0, each.is_required,
                        each.lost, "run as root"});
  }
  features.push_back(cgroup_feature());
  add_tracepoints(features);
  features.push_back(
      program_feature(BPF_PROG_TYPE_SYSCALL, "syscall", "the cache is not filled", true));
  features.push_back(program_feature(BPF_PROG_TYPE_CGROUP_SOCK, "cgroup_sock",
                                     "closed connections are not seen", true));
  features.push_back(program_feature(BPF_PROG_TYPE_SCHED_CLS, "sched_cls", "--hook tc", true));
  features.push_back(program_feature(BPF_PROG_TYPE_XDP, "xdp", "--hook xdp", false));
  features.push_back(map_feature(BPF_MAP_TYPE_RINGBUF, "ringbuf", "the cache is not filled"));
  features.push_back(
      map_feature(BPF_MAP_TYPE_SK_STORAGE, "sk_storage", "connections are not followed"));
  features.push_back(jit_feature());
  return features;
}

Result<void> require_features() {
  for (const Feature& each :
       {release_feature(), preemption_feature(), btf_feature(), pid_namespace_feature()}) {
    if (!each.is_present) {
      return fail(fmt::format("this machine lacks {}: {}", each.name, each.lost), 0, each.hint,
                  ExitCode::kUnsupported);
    }
  }
  const std::uint64_t capabilities = effective_capabilities();
  for (const Capability& each : kCapabilities) {
    if (each.is_required && (capabilities >> each.number & 1) == 0) {
      return fail(fmt::format("{} is missing: {}", each.name, each.lost), 0,
                  "run as root, or grant CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_PTRACE",
                  ExitCode::kUnsupported);
    }
  }
  return {};
}

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/echo.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>

#include <cerrno>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "bmc_echo.skel.h"
#include "bpf/libbpf_log.h"
#include "net/interface.h"

namespace bmc::bench {
namespace {

constexpr std::uint16_t kMaxReplyBytes = 1472;  // of an Ethernet frame
constexpr std::uint16_t kMinReplyBytes = 12;    // the sink tells replies apart by these

using Programs = std::unique_ptr<bmc_echo, decltype([](bmc_echo* p) { bmc_echo__destroy(p); })>;

Result<Programs> load(const EchoOptions& options) {
  Programs programs(bmc_echo__open());
  if (!programs) return fail("cannot open the echo's program", errno);
  programs->rodata->port = options.port;
  programs->rodata->reply_bytes = options.reply_bytes;
  if (const int error = bmc_echo__load(programs.get()); error != 0) {
    return fail(
        "cannot load the echo into the kernel", -error,
        error == -EPERM ? "run as root, or grant CAP_BPF and CAP_NET_ADMIN" : take_libbpf_log());
  }
  return programs;
}

Result<Fd> attach(const bmc_echo& programs, const std::string& interface) {
  const auto found = find_interface(interface);
  if (!found) return std::unexpected(found.error());
  bpf_link_create_opts native{};
  native.sz = sizeof native;
  native.flags = XDP_FLAGS_DRV_MODE;
  const int link =
      bpf_link_create(bpf_program__fd(programs.progs.bmc_echo), found->index, BPF_XDP, &native);
  if (link >= 0) return Fd(link);
  return fail("cannot attach to " + interface, -link,
              link == -EBUSY ? "another XDP program holds it: bmc detach, or ip link set dev " +
                                   interface + " xdp off"
                             : "the driver has to know native XDP");
}

Result<bmc_bench_echoes> read_counts(const bmc_echo& programs) {
  std::vector<bmc_bench_echoes> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t zero = 0;
  const int error = bpf_map_lookup_elem(bpf_map__fd(programs.maps.bmc_echoes), &zero, cpus.data());
  if (error != 0) return fail("cannot read the echo's counters", -error);
  bmc_bench_echoes sum{};
  for (const bmc_bench_echoes& cpu : cpus) {
    sum.echoed += cpu.echoed;
    sum.no_room += cpu.no_room;
  }
  return sum;
}

}  // namespace

Result<bmc_bench_echoes> run_echo(const EchoOptions& options, const std::atomic<bool>& stop,
                                  const Progress& progress) {
  if (options.reply_bytes < kMinReplyBytes || options.reply_bytes > kMaxReplyBytes) {
    return fail("no such size of a reply", 0, "--reply-bytes 12 to 1472", ExitCode::kUsage);
  }
  const auto programs = load(options);
  if (!programs) return std::unexpected(programs.error());
  const auto link = attach(**programs, options.interface);
  if (!link) return std::unexpected(link.error());

  progress(fmt::format("echoing on {}, port {}, {} bytes", options.interface, options.port,
                       options.reply_bytes));
  constexpr auto kLook = std::chrono::milliseconds(20);
  const std::uint64_t end_ns =
      options.duration ? monotonic_ns() + static_cast<std::uint64_t>(options.duration->count())
                       : std::numeric_limits<std::uint64_t>::max();
  while (!stop && monotonic_ns() < end_ns) std::this_thread::sleep_for(kLook);
  return read_counts(**programs);
}

}  // namespace bmc::bench

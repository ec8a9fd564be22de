// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/generator.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <numeric>

#include "bmc_generator.skel.h"
#include "bpf/libbpf_log.h"

namespace bmc::bench {
namespace {

/// The generator cuts this off again, see there.
constexpr std::size_t kTail = 8;

const char* const kRootHint = "run as root, or grant CAP_BPF and CAP_NET_ADMIN";

Result<void> configure(bmc_generator& programs, const GeneratorSetup& setup) {
  const auto& frame = setup.frame.bytes();
  auto& config = *programs.rodata;
  if (frame.size() > sizeof config.frame) {
    return fail("the request does not fit the generator's frame", 0, {}, ExitCode::kUsage);
  }
  std::memcpy(config.frame, frame.data(), frame.size());
  config.frame_words = static_cast<std::uint32_t>((frame.size() + 7) / 8);
  config.tail_at = static_cast<std::uint32_t>(setup.frame.tail_at());
  config.draw_mask = static_cast<std::uint32_t>(setup.draws.size() - 1);
  config.first_port = setup.from_port_first;
  config.ports = static_cast<std::uint16_t>(setup.from_port_last - setup.from_port_first + 1);
  config.server_port = setup.server_port;
  bpf_map__set_max_entries(programs.maps.bmc_draws, static_cast<std::uint32_t>(setup.draws.size()));
  return {};
}

Result<void> store_draws(int map, const std::vector<bmc_bench_draw>& draws) {
  std::vector<std::uint32_t> indices(draws.size());
  std::iota(indices.begin(), indices.end(), 0);
  auto count = static_cast<std::uint32_t>(draws.size());
  const int error = bpf_map_update_batch(map, indices.data(), draws.data(), &count, nullptr);
  if (error != 0) return fail("cannot store the drawn keys", -error);
  return {};
}

/// The CPUs begin at different places of the sequence.
Result<void> spread_cursors(int map, std::size_t draws) {
  std::vector<bmc_bench_sender> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  for (std::size_t i = 0; i < cpus.size(); i++) cpus[i].cursor = i * draws / cpus.size();
  const std::uint32_t zero = 0;
  const int error = bpf_map_update_elem(map, &zero, cpus.data(), BPF_ANY);
  if (error != 0) return fail("cannot prepare the generator", -error);
  return {};
}

/// The first element of a per-CPU map, one for each CPU.
template <typename T>
Result<std::vector<T>> per_cpu(int map) {
  std::vector<T> cells(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t zero = 0;
  const int error = bpf_map_lookup_elem(map, &zero, cells.data());
  if (error != 0) return fail("cannot read the generator's counters", -error);
  return cells;
}

}  // namespace

void Generator::Close::operator()(bmc_generator* programs) const noexcept {
  bmc_generator__destroy(programs);
}

Generator::Generator(Programs programs, const GeneratorSetup& setup)
    : programs_(std::move(programs)),
      template_(setup.frame.bytes()),
      interface_index_(setup.interface.index) {
  template_.resize(template_.size() + kTail);
}

Generator::~Generator() = default;

Result<std::unique_ptr<Generator>> Generator::load(const GeneratorSetup& setup) {
  Programs programs(bmc_generator__open());
  if (!programs) return fail("cannot open the generator's programs", errno);
  if (const auto done = configure(*programs, setup); !done) return std::unexpected(done.error());
  if (const int error = bmc_generator__load(programs.get()); error != 0) {
    return fail("cannot load the generator into the kernel", -error,
                error == -EPERM ? kRootHint : take_libbpf_log());
  }
  std::unique_ptr<Generator> generator(new Generator(std::move(programs), setup));
  if (const auto started = generator->start(setup); !started) {
    return std::unexpected(started.error());
  }
  return generator;
}

Result<void> Generator::start(const GeneratorSetup& setup) {
  if (auto stored = store_draws(bpf_map__fd(programs_->maps.bmc_draws), setup.draws); !stored) {
    return stored;
  }
  if (auto spread = spread_cursors(bpf_map__fd(programs_->maps.bmc_sender), setup.draws.size());
      !spread) {
    return spread;
  }
  bpf_link_create_opts native{};
  native.sz = sizeof native;
  native.flags = XDP_FLAGS_DRV_MODE;
  const int link = bpf_link_create(bpf_program__fd(programs_->progs.bmc_sink), interface_index_,
                                   BPF_XDP, &native);
  if (link < 0) {
    return fail("cannot attach to " + setup.interface.name, -link,
                link == -EBUSY ? "another XDP program holds it: ip link set dev " +
                                     setup.interface.name + " xdp off"
                               : std::string(kRootHint));
  }
  link_ = Fd(link);
  const auto on_sample = [](void* self, void* data, std::size_t) {
    const auto& sample = *static_cast<const bmc_bench_sample*>(data);
    static_cast<Generator*>(self)->take_(
        {reinterpret_cast<const char*>(sample.payload), sample.bytes});
    return 0;
  };
  samples_.reset(
      ring_buffer__new(bpf_map__fd(programs_->maps.bmc_samples), on_sample, this, nullptr));
  if (!samples_) return fail("cannot read the generator's samples", errno);
  return {};
}

Result<void> Generator::run(const std::atomic<bool>& stop) const {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(template_.size());
  context.ingress_ifindex = static_cast<std::uint32_t>(interface_index_);
  // One call for the whole run: each builds a pool of pages first.
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = template_.data();
  options.data_size_in = static_cast<std::uint32_t>(template_.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = std::numeric_limits<int>::max();
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  while (!stop) {
    const int error =
        bpf_prog_test_run_opts(bpf_program__fd(programs_->progs.bmc_generate), &options);
    if (error != 0 && error != -EINTR) {
      return fail("the kernel does not generate frames", -error,
                  "live frames need Linux 5.18 and an interface that is up");
    }
  }
  return {};
}

Result<GeneratorCounts> Generator::counts() const {
  const auto senders = per_cpu<bmc_bench_sender>(bpf_map__fd(programs_->maps.bmc_sender));
  if (!senders) return std::unexpected(senders.error());
  const auto replies = per_cpu<bmc_bench_replies>(bpf_map__fd(programs_->maps.bmc_replies));
  if (!replies) return std::unexpected(replies.error());
  GeneratorCounts sum;
  for (const bmc_bench_sender& cpu : *senders) sum.sent += cpu.sent;
  for (const bmc_bench_replies& cpu : *replies) {
    sum.replies.values += cpu.values;
    sum.replies.ends += cpu.ends;
    sum.replies.echoes += cpu.echoes;
    sum.replies.others += cpu.others;
    sum.replies.bytes += cpu.bytes;
    sum.replies.samples_lost += cpu.samples_lost;
  }
  return sum;
}

void Generator::take_samples(const std::function<void(std::string_view)>& take) {
  take_ = take;
  ring_buffer__consume(samples_.get());
}

}  // namespace bmc::bench

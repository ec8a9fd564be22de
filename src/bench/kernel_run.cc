// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/kernel_run.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/units.h"
#include "bench/cpu_pin.h"
#include "bench/flow_ends.h"
#include "bench/generator.h"
#include "bench/key_picker.h"
#include "bench/preload.h"
#include "bench/sample_check.h"

namespace bmc::bench {
namespace {

constexpr std::uint64_t kMinDraws = 1 << 20;  // then the sequence repeats
constexpr std::uint64_t kMaxDraws = 1 << 23;
constexpr auto kNudge = std::chrono::milliseconds(5);
constexpr std::uint64_t kLookNs = 50'000'000;

std::vector<bmc_bench_draw> draw_all(const KernelOptions& o, const KeySpace& keys,
                                     RequestFrame frame) {
  const std::uint64_t wanted = std::clamp(std::bit_ceil(4 * o.keys), kMinDraws, kMaxDraws);
  std::vector<bmc_bench_draw> draws(o.single_key ? 1 : wanted);
  const KeyPicker picker = o.uniform || o.single_key ? KeyPicker::uniform(keys.count())
                                                     : KeyPicker::zipf(keys.count(), o.zipf);
  Random random(o.seed);
  std::string key(keys.key_bytes(), '\0');
  for (bmc_bench_draw& draw : draws) {
    keys.write(o.single_key ? 0 : picker.pick(random), key.data());
    frame.set_key(key);
    draw = frame.draw();
  }
  return draws;
}

Result<void> preload_items(const KernelOptions& o, const std::atomic<bool>& stop,
                           const Progress& progress) {
  LoadOptions load;
  load.server = fmt::format("{}:{}", o.to, o.port);
  load.keys = o.keys;
  load.uniform = true;
  load.key_bytes = o.key_bytes;
  load.value_bytes = {o.value_bytes, o.value_bytes};
  load.seed = o.seed;
  const auto plan = LoadPlan::make(load, stop);
  if (!plan) return std::unexpected(plan.error());
  return preload(**plan, progress);
}

/// A thread inside the kernel's generator. Only a signal ends the call there.
class Sender {
 public:
  Sender(const Generator& generator, unsigned cpu)
      : thread_([this, &generator, cpu] {
          result_ = pin_thread(cpu);
          if (result_) result_ = generator.run(stop_);
          is_done_ = true;
        }) {}

  ~Sender() {
    if (thread_.joinable()) (void)join();
  }

  bool is_done() const noexcept { return is_done_; }

  /// Nudges until it is out: one signal alone might come just before the call.
  Result<void> join() {
    stop_ = true;
    while (!is_done_) {
      pthread_kill(thread_.native_handle(), SIGUSR1);
      std::this_thread::sleep_for(kNudge);
    }
    thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<bool> is_done_{false};
  Result<void> result_;
  std::thread thread_;  // last: it uses the others
};

KernelSlice slice_of(double t_s, double seconds, const GeneratorCounts& now,
                     const GeneratorCounts& before) {
  const auto rate = [&](__u64 bmc_bench_replies::* counter) {
    return static_cast<double>(now.replies.*counter - before.replies.*counter) / seconds;
  };
  KernelSlice slice{.t_s = t_s, .sent_rps = static_cast<double>(now.sent - before.sent) / seconds};
  slice.values_rps = rate(&bmc_bench_replies::values);
  slice.ends_rps = rate(&bmc_bench_replies::ends);
  slice.echoes_rps = rate(&bmc_bench_replies::echoes);
  slice.others_rps = rate(&bmc_bench_replies::others);
  slice.replies_rps = slice.values_rps + slice.ends_rps + slice.echoes_rps + slice.others_rps;
  return slice;
}

class KernelRun {
 public:
  KernelRun(const KernelOptions& options, const KeySpace& keys, Generator& generator,
            const std::atomic<bool>& stop, const Progress& progress)
      : options_(options), keys_(keys), generator_(generator), stop_(stop), progress_(progress) {
    report_.options = options;
  }

  Result<KernelReport> execute();

 private:
  Result<void> measure();
  bool sleep_until(std::uint64_t until_ns) const;
  void check_samples();

  const KernelOptions& options_;
  const KeySpace& keys_;
  Generator& generator_;
  const std::atomic<bool>& stop_;
  const Progress& progress_;
  KernelReport report_;
  std::vector<std::unique_ptr<Sender>> senders_;
};

Result<KernelReport> KernelRun::execute() {
  struct sigaction ignore{};
  ignore.sa_handler = [](int) {};
  sigaction(SIGUSR1, &ignore, nullptr);
  for (unsigned i = 0; i < options_.threads; i++) {
    const unsigned cpu = options_.cpus.empty() ? i : options_.cpus[i % options_.cpus.size()];
    senders_.push_back(std::make_unique<Sender>(generator_, cpu));
  }
  Result<void> result = measure();
  for (const auto& sender : senders_) {
    if (auto joined = sender->join(); !joined && result) result = joined;
  }
  if (!result) return std::unexpected(result.error());
  check_samples();
  return std::move(report_);
}

Result<void> KernelRun::measure() {
  if (!sleep_until(monotonic_ns() + static_cast<std::uint64_t>(options_.warmup.count()))) {
    return {};
  }
  const std::uint64_t from_ns = monotonic_ns();
  const std::uint64_t end_ns = from_ns + static_cast<std::uint64_t>(options_.duration.count());
  const auto first = generator_.counts();
  if (!first) return std::unexpected(first.error());
  GeneratorCounts last = *first;
  for (std::uint64_t last_ns = from_ns; last_ns < end_ns;) {
    if (!sleep_until(
            std::min(last_ns + static_cast<std::uint64_t>(options_.interval.count()), end_ns))) {
      break;
    }
    const std::uint64_t now = monotonic_ns();
    const auto counts = generator_.counts();
    if (!counts) return std::unexpected(counts.error());
    const auto t_s = static_cast<double>(now - from_ns) / 1e9;
    const auto seconds = static_cast<double>(now - last_ns) / 1e9;
    report_.slices.push_back(slice_of(t_s, seconds, *counts, last));
    const KernelSlice& slice = report_.slices.back();
    progress_(fmt::format("{:6.1f} s  {:>9}/s sent  {:>9}/s answered", t_s,
                          format_count(slice.sent_rps), format_count(slice.replies_rps)));
    check_samples();
    last = *counts;
    last_ns = now;
  }
  report_.sent = last.sent - first->sent;
  report_.replies = {.values = last.replies.values - first->replies.values,
                     .ends = last.replies.ends - first->replies.ends,
                     .echoes = last.replies.echoes - first->replies.echoes,
                     .others = last.replies.others - first->replies.others,
                     .bytes = last.replies.bytes - first->replies.bytes,
                     .samples_lost = last.replies.samples_lost};
  return {};
}

/// False if the user, or an error of a sender, ends the run before.
bool KernelRun::sleep_until(std::uint64_t until_ns) const {
  for (std::uint64_t now = monotonic_ns(); now < until_ns; now = monotonic_ns()) {
    if (stop_ || std::ranges::any_of(senders_, [](const auto& s) { return s->is_done(); })) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(until_ns - now, kLookNs)));
  }
  return true;
}

void KernelRun::check_samples() {
  constexpr std::size_t kComplaints = 8;
  generator_.take_samples([this](std::string_view payload) {
    report_.samples++;
    std::string complaint = check_sample(keys_, payload);
    if (complaint.empty()) return;
    report_.wrong++;
    if (report_.complaints.size() < kComplaints) report_.complaints.push_back(complaint);
  });
}

Result<void> check_options(const KernelOptions& o) {
  if (o.interval <= std::chrono::nanoseconds(0) || o.duration <= std::chrono::nanoseconds(0)) {
    return fail("a time too short to measure", 0, "--seconds 10s --interval 1s", ExitCode::kUsage);
  }
  if (o.threads == 0) return fail("no threads", 0, "--threads 1", ExitCode::kUsage);
  if (o.from_port_first > o.from_port_last) {
    return fail("a range of ports from high to low", 0, "--from-port-range LOW:HIGH",
                ExitCode::kUsage);
  }
  return {};
}

}  // namespace

Result<KernelReport> run_kernel(const KernelOptions& options, const std::atomic<bool>& stop,
                                const Progress& progress) {
  if (const auto right = check_options(options); !right) return std::unexpected(right.error());
  const auto keys = KeySpace::make(options.keys, options.key_bytes);
  if (!keys) return std::unexpected(keys.error());
  if (options.preload) {
    if (const auto done = preload_items(options, stop, progress); !done) {
      return std::unexpected(done.error());
    }
  }
  const auto interface = find_interface(options.interface);
  if (!interface) return std::unexpected(interface.error());
  const auto ends = find_flow_ends(options, *interface);
  if (!ends) return std::unexpected(ends.error());
  const RequestFrame frame(*ends, keys->text(0));
  auto generator = Generator::load({frame, draw_all(options, *keys, frame), options.from_port_first,
                                    options.from_port_last, options.port, *interface});
  if (!generator) return std::unexpected(generator.error());
  return KernelRun(options, *keys, **generator, stop, progress).execute();
}

}  // namespace bmc::bench

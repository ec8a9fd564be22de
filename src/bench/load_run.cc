// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/load_run.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/units.h"
#include "bench/cpu_pin.h"
#include "bench/load_worker.h"
#include "bench/preload.h"

namespace bmc::bench {
namespace {

struct CpuUse {
  double user_s;
  double system_s;
};

CpuUse cpu_use() {
  rusage use;
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec / 1e6; };
  return {seconds(use.ru_utime), seconds(use.ru_stime)};
}

/// A thread that runs one worker. The worker outlives it.
class Runner {
 public:
  Runner(LoadWorker& worker, const Schedule& schedule, std::optional<unsigned> cpu)
      : thread_([this, &worker, schedule, cpu] {
          prctl(PR_SET_TIMERSLACK, 1);  // an open loop keeps its times to the microsecond
          if (cpu) result_ = pin_thread(*cpu);
          if (result_) result_ = worker.run(schedule);
          is_done_ = true;
        }) {}

  bool is_done() const noexcept { return is_done_; }
  Result<void> join() {
    thread_.join();
    return result_;
  }

 private:
  Result<void> result_;
  std::atomic<bool> is_done_{false};
  std::thread thread_;  // last: it uses the others
};

class LoadRun {
 public:
  LoadRun(LoadPlan& plan, const Progress& progress) : plan_(plan), progress_(progress) {}

  Result<LoadReport> execute();

 private:
  using Workers = std::vector<std::unique_ptr<LoadWorker>>;

  Schedule schedule() const;
  void watch(const Schedule& schedule, const std::vector<std::unique_ptr<Runner>>& runners);
  void sleep_until(std::uint64_t until_ns, const std::vector<std::unique_ptr<Runner>>& runners);
  Counts counts() const;

  LoadPlan& plan_;
  const Progress& progress_;
  Workers workers_;
  LoadReport report_;
};

Schedule LoadRun::schedule() const {
  const LoadOptions& o = plan_.options;
  const std::uint64_t begin = monotonic_ns();
  const std::uint64_t from = begin + static_cast<std::uint64_t>(o.warmup.count());
  return {begin, from, from + static_cast<std::uint64_t>(o.duration.count())};
}

Result<LoadReport> LoadRun::execute() {
  const LoadOptions& o = plan_.options;
  report_.options = o;
  if (o.preload) {
    if (const auto done = preload(plan_, progress_); !done) return std::unexpected(done.error());
  }
  for (unsigned i = 0; i < o.threads; i++) {
    auto worker = LoadWorker::make(plan_, i);
    if (!worker) return std::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }

  const Schedule times = schedule();
  std::vector<std::unique_ptr<Runner>> runners;
  for (unsigned i = 0; i < o.threads; i++) {
    const auto cpu = o.cpus.empty() ? std::nullopt : std::optional(o.cpus[i % o.cpus.size()]);
    runners.push_back(std::make_unique<Runner>(*workers_[i], times, cpu));
  }
  watch(times, runners);
  Result<void> result;
  for (auto& runner : runners) {
    if (auto joined = runner->join(); !joined && result) result = joined;
  }
  if (!result) return std::unexpected(result.error());

  const Counts whole_run = counts();
  report_.counts.fault = whole_run.fault;
  report_.complaints = plan_.complaints.texts();
  for (const auto& worker : workers_) {
    report_.latencies.gets.merge(worker->latencies().gets);
    report_.latencies.sets.merge(worker->latencies().sets);
    report_.unsent += worker->unsent();
  }
  return std::move(report_);
}

/// Takes the measurement: from after the warm-up to the end, in slices.
void LoadRun::watch(const Schedule& schedule, const std::vector<std::unique_ptr<Runner>>& runners) {
  sleep_until(schedule.measure_from_ns, runners);
  const std::uint64_t from_ns = monotonic_ns();
  const Counts before = counts();
  const CpuUse cpu_before = cpu_use();

  Counts last = before;
  std::uint64_t last_ns = from_ns;
  std::uint64_t next_ns = from_ns;
  while (last_ns < schedule.end_ns && !plan_.stop) {
    next_ns = std::min(next_ns + static_cast<std::uint64_t>(plan_.options.interval.count()),
                       schedule.end_ns);
    sleep_until(next_ns, runners);
    const std::uint64_t now = monotonic_ns();
    if (now < next_ns && !plan_.stop) break;  // the workers gave up
    const Counts current = counts();
    const double seconds = static_cast<double>(now - last_ns) / 1e9;
    report_.series.push_back({static_cast<double>(now - from_ns) / 1e9, seconds, current - last});
    const Slice& slice = report_.series.back();
    progress_(fmt::format("{:6.1f} s  {:>9}/s  {} lost, {} errors, {} wrong", slice.t_s,
                          format_count(slice.counts[Counter::requests] / seconds),
                          slice.counts[Counter::lost], slice.counts[Counter::errors],
                          slice.counts.wrong()));
    last = current;
    last_ns = now;
  }

  const CpuUse cpu = cpu_use();
  report_.cpu_user_s = cpu.user_s - cpu_before.user_s;
  report_.cpu_system_s = cpu.system_s - cpu_before.system_s;
  report_.seconds = static_cast<double>(last_ns - from_ns) / 1e9;
  report_.counts = last - before;
}

/// Returns early if the user or all workers stop.
void LoadRun::sleep_until(std::uint64_t until_ns,
                          const std::vector<std::unique_ptr<Runner>>& runners) {
  constexpr std::uint64_t kLook = 50'000'000;
  for (std::uint64_t now = monotonic_ns(); now < until_ns && !plan_.stop; now = monotonic_ns()) {
    if (std::ranges::all_of(runners, [](const auto& runner) { return runner->is_done(); })) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(until_ns - now, kLook)));
  }
}

Counts LoadRun::counts() const {
  Counts sum;
  for (const auto& worker : workers_) sum += worker->tally().read();
  return sum;
}

}  // namespace

Result<LoadReport> run_load(LoadPlan& plan, const Progress& progress) {
  return LoadRun(plan, progress).execute();
}

}  // namespace bmc::bench

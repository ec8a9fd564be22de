// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/memcached_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>

#include "base/clock.h"
#include "base/exception.h"
#include "base/log.h"
#include "memcached/inquiry.h"
#include "net/listeners.h"

namespace bmc {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookForProcess = 50ms;
constexpr std::chrono::milliseconds kLookForThreads = 2ms;  // while arming
constexpr std::chrono::milliseconds kLookForThreadsMost = 100ms;
constexpr auto kArmingIsLong = 5s;
constexpr std::uint64_t kSilenceNs = 3 * kNsPerSecond;
constexpr auto kTick = 100ms;
constexpr auto kPollClock = 1s;
constexpr auto kRetry = 1s;
// memcached binds its TCP sockets before its UDP sockets.
constexpr auto kSocketsSettle = 1s;

std::string sharers_text(std::uint16_t port, const std::vector<pid_t>& sharers) {
  return fmt::format("port {} is bound by other processes as well, over TCP: {}; nothing is served",
                     port, fmt::join(sharers, ", "));
}

}  // namespace

MemcachedWatch::MemcachedWatch(asio::io_context& events, const KernelSide& kernel,
                               Admission& admission, Filler& filler, Notices& notices,
                               std::function<void(Error)> give_up)
    : events_(events),
      kernel_(kernel),
      admission_(admission),
      filler_(filler),
      notices_(notices),
      give_up_(std::move(give_up)),
      clock_(kernel.state(), notices),
      flushes_(kernel),
      connection_(events.get_executor()),
      exit_(events),
      timer_(events) {}

void MemcachedWatch::start() {
  asio::co_spawn(events_, run(), on_exception(give_up_));
}

asio::awaitable<void> MemcachedWatch::pause(std::chrono::milliseconds time) {
  asio::error_code cancelled;
  timer_.expires_after(time);
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<void> MemcachedWatch::run() {
  for (;;) {
    Process process = co_await wait_for_process();
    if (process.sharers.empty()) {
      co_await attend(std::move(process));
    } else {
      co_await wait_until_alone(std::move(process));
    }
  }
}

/// Which of them would answer a fill, or has the connection of a client, is the kernel's choice.
asio::awaitable<void> MemcachedWatch::wait_until_alone(Process process) {
  status_.phase = "waiting until nobody else listens where memcached does";
  if (const auto buried = Arming::bury(kernel_); !buried) give_up_(buried.error());
  while (!process.sharers.empty()) {
    notices_.raise("rivals", sharers_text(kernel_.config().port, process.sharers));
    co_await pause(kRetry);
    auto found = find_process(kernel_.config().port);
    if (!found || !*found) co_return;
    process = std::move(**found);
  }
}

asio::awaitable<Process> MemcachedWatch::wait_for_process() {
  const std::uint16_t port = kernel_.config().port;
  status_ = {};
  status_.phase = fmt::format("waiting for memcached on port {}", port);
  spdlog::info("{}", status_.phase);
  auto odd_for = 0ms;
  for (;;) {
    auto found = find_process(port);
    const bool is_there = found && *found && !(*found)->listeners.empty();
    const bool is_settled = odd_for >= kSocketsSettle;
    const bool is_without_udp = is_there && (*found)->udp.empty();
    if (is_there && (!is_without_udp || (is_settled && kernel_.config().serves_tcp != 0))) {
      if (is_without_udp) spdlog::info("memcached listens over TCP only, and so does BMC");
      notices_.settle("memcached");
      co_return std::move(**found);
    }
    const bool is_absent = found && !*found;
    odd_for = is_absent ? 0ms : odd_for + kLookForProcess;
    if (is_settled && !is_absent) {
      const Error why = !found                        ? found.error()
                        : (*found)->listeners.empty() ? no_tcp_error(port)
                                                      : no_udp_error(port);
      notices_.raise("memcached", why.what);
      if (!met_any_) give_up_(why);
    }
    co_await pause(kLookForProcess);
  }
}

void MemcachedWatch::watch_exit(Fd pidfd) {
  asio::error_code error;
  exited_ = has_ended(pidfd);
  exit_.assign(pidfd.release(), error);
  exit_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code cancelled) {
    if (cancelled) return;
    exited_ = true;
    connection_.close();
    timer_.cancel();
  });
}

/// From its discovery to its end, or to a trouble after which to start again.
asio::awaitable<void> MemcachedWatch::attend(Process process) {
  auto pidfd = open_pidfd(process.pid);
  if (!pidfd) co_return;  // it was faster
  watch_exit(std::move(*pidfd));
  status_.pid = process.pid;
  status_.phase = "asking memcached for its settings";

  auto done = co_await meet(process);
  if (done) done = co_await accompany(process);
  if (!done && !exited_) {
    notices_.raise("memcached", done.error().what);
    if (done.error().err == EPERM || done.error().err == EACCES) give_up_(done.error());
  }
  take_leave();
  if (!exited_) co_await pause(kRetry);
  asio::error_code ignored;
  exit_.close(ignored);
}

/// Whether the daemon that we take over from had armed this very process.
bool MemcachedWatch::continues_armed(const Process& process) const {
  const bmc_state& state = kernel_.state();
  return state.tgid == static_cast<std::uint32_t>(process.pid) &&
         (state.stopped & (BMC_STOP_UNARMED | BMC_STOP_DEAD)) == 0;
}

/// If not, it was its successor that answered, and no proxy.
bool MemcachedWatch::is_still_found(const Process& process) const {
  const auto found = find_process(kernel_.config().port);
  return found && *found && (*found)->pid == process.pid;
}

Task<void> MemcachedWatch::meet(const Process& process) {
  const auto endpoint = local_endpoint(process.listeners);
  if (!endpoint) co_return std::unexpected(no_tcp_error(kernel_.config().port));
  endpoint_ = *endpoint;
  status_.endpoint = endpoint->text();
  const auto settings = co_await ask("stats settings");
  if (!settings) co_return std::unexpected(settings.error());
  const auto stats = co_await ask("stats");
  if (!stats) co_return std::unexpected(stats.error());
  const auto same = check_identity(process.pid, stats->number("pid"));
  if (!same) {
    if (!met_any_ && is_still_found(process)) give_up_(same.error());
    co_return same;
  }
  auto facts = judge_settings(*settings, *stats);
  if (!facts) {
    if (!met_any_) give_up_(facts.error());
    co_return std::unexpected(facts.error());
  }
  status_.facts = std::move(*facts);
  met_any_ = true;
  if (!process.rivals.empty()) {
    notices_.raise("rivals", fmt::format("port {} is bound by other processes as well: {}",
                                         kernel_.config().port, fmt::join(process.rivals, ", ")));
  } else {
    notices_.settle("rivals");
  }
  co_return clock_.start(process.pid);
}

Task<Stats> MemcachedWatch::ask(std::string_view command) {
  asked_ns_ = monotonic_ns();
  if (!connection_.is_open()) {
    const auto connected = co_await connection_.connect(endpoint_);
    if (!connected) co_return std::unexpected(connected.error());
  }
  auto answer = co_await ask_stats(connection_, command);
  asked_ns_ = 0;
  co_return answer;
}

void MemcachedWatch::notice_silence() {
  if (asked_ns_ != 0 && monotonic_ns() - asked_ns_ > kSilenceNs) {
    notices_.raise("silence", "memcached does not answer");
  } else {
    notices_.settle("silence");
  }
}

Task<void> MemcachedWatch::poll_clock() {
  const auto stats = co_await ask("stats");
  if (!stats) co_return std::unexpected(stats.error());
  const auto same = check_identity(status_.pid, stats->number("pid"));
  if (!same) co_return same;
  co_return clock_.update(*stats);
}

/// One attempt at ending the pause after a flush.
Task<void> MemcachedWatch::poll_flush() {
  if (!flushes_.begin()) co_return Result<void>{};
  const auto settings = co_await ask("stats settings");
  if (!settings) co_return std::unexpected(settings.error());
  const auto oldest = settings->number("oldest");
  if (!oldest) co_return fail("memcached does not tell up to when it was flushed");
  const auto polled = co_await poll_clock();
  if (!polled) co_return polled;
  const auto finished = flushes_.finish(*oldest, clock_.clock_s());
  if (!finished) co_return std::unexpected(finished.error());
  co_return Result<void>{};
}

/// Its sockets may have become more since it was found.
Result<void> MemcachedWatch::look_around() {
  const auto found = find_process(kernel_.config().port);
  if (!found) return std::unexpected(found.error());
  if (*found) admission_.set_sockets((*found)->udp);
  return admission_.refresh();
}

/// A look that is cheap as long as nobody begins to listen on its port.
Result<bool> MemcachedWatch::is_alone() {
  auto listeners = listener_inodes(endpoint_.port);
  if (!listeners) return std::unexpected(listeners.error());
  if (*listeners == known_listeners_) return true;
  const auto found = find_process(kernel_.config().port);
  if (!found) return std::unexpected(found.error());
  if (*found && !(*found)->sharers.empty()) return false;
  known_listeners_ = std::move(*listeners);
  return true;
}

Task<void> MemcachedWatch::arm(const Process& process) {
  // It is older than the tap, which would not trust it; the next one is not.
  connection_.close();
  auto arming = Arming::begin(kernel_, process, status_.facts.workers);
  if (!arming) co_return std::unexpected(arming.error());
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    if (exited_) co_return fail("memcached ended");
    const auto quiet = arming->look();
    if (!quiet) co_return std::unexpected(quiet.error());
    if (*quiet) break;
    status_.phase = "waiting for " + arming->waiting_for();
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    if (waited > kArmingIsLong) notices_.raise("arming", status_.phase);
    // A look costs as much as there are connections: be patient with patience.
    co_await pause(std::clamp(waited / 50, kLookForThreads, kLookForThreadsMost));
  }
  notices_.settle("arming");
  const auto polled = co_await poll_clock();
  if (!polled) co_return polled;
  flushes_.expect();
  const auto looked = look_around();
  if (!looked) co_return looked;
  if (exited_) co_return fail("memcached ended");
  co_return Arming::finish(kernel_);
}

/// While it lives.
Task<void> MemcachedWatch::accompany(const Process& process) {
  if (continues_armed(process)) {
    spdlog::info("memcached, process {}, is armed already", process.pid);
    const auto looked = look_around();
    if (!looked) co_return looked;
  } else {
    const auto armed = co_await arm(process);
    if (!armed) co_return armed;
  }
  filler_.set_server(Server{endpoint_, process.pid});
  status_.phase = "armed";
  spdlog::info("memcached {}, process {}, is armed", status_.facts.version, process.pid);
  for (const std::string& each : status_.facts.reservations) spdlog::warn("{}", each);

  std::uint64_t next_poll_ns = 0;
  while (!exited_) {
    Result<void> done;
    const bool is_due = monotonic_ns() >= next_poll_ns;
    if (is_due) {
      const auto alone = is_alone();
      if (alone && !*alone) co_return fail("another process listens where memcached does");
      done = co_await poll_clock();
      if (done && !alone) done = std::unexpected(alone.error());
      next_poll_ns =
          monotonic_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kPollClock).count());
    }
    if (done && flushes_.is_pending()) done = co_await poll_flush();
    if (exited_) break;
    if (!done) {
      notices_.raise("poll", done.error().what);
      connection_.close();
    } else if (is_due) {
      notices_.settle("poll");
    }
    co_await pause(kTick);
  }
  co_return fail("memcached ended");
}

void MemcachedWatch::take_leave() {
  filler_.set_server(std::nullopt);
  connection_.close();
  asked_ns_ = 0;
  notices_.settle("poll");
  notices_.settle("arming");
  if (exited_) spdlog::info("memcached, process {}, has ended", status_.pid);
  if (const auto buried = Arming::bury(kernel_); !buried) give_up_(buried.error());
}

}  // namespace bmc

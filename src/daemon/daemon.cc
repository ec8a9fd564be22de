// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/daemon.h"

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <functional>
#include <thread>

#include "base/exception.h"
#include "base/log.h"
#include "base/signals.h"
#include "bpf/calls.h"
#include "bpf/features.h"
#include "bpf/pins.h"
#include "daemon/attachments.h"
#include "daemon/doubt_watch.h"
#include "daemon/filler.h"
#include "daemon/flow_sweeper.h"
#include "daemon/instance.h"
#include "daemon/lock_file.h"
#include "daemon/memcached_watch.h"
#include "daemon/slab_balancer.h"
#include "daemon/status.h"
#include "daemon/teardown.h"
#include "memcached/inquiry.h"
#include "net/netlink.h"

namespace bmc {
namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 250ms;
constexpr auto kNetworkSettles = 50ms;

/// Why one load of the kernel side came to its end.
enum class End { kAsked, kDoubt };

/// Everything that lives as long as one load of the kernel side.
class Daemon {
 public:
  Daemon(const RunOptions& options, Instance& instance);

  Result<End> run();

 private:
  Result<void> start();
  asio::awaitable<void> beat();
  asio::awaitable<void> follow_network();
  void stop(Result<End> end);
  std::function<void(Error)> give_up() {
    return [this](Error error) { stop(std::unexpected(std::move(error))); };
  }

  const RunOptions& options_;
  Instance& instance_;
  asio::io_context events_{1};
  Notices notices_;
  Admission admission_;
  Attachments attachments_;
  Filler filler_;
  MemcachedWatch memcached_;
  SlabBalancer balancer_;
  FlowSweeper flows_;
  DoubtWatch doubt_;
  StatusFile status_;
  asio::posix::stream_descriptor ending_signals_;
  asio::posix::stream_descriptor network_;
  Result<End> end_ = End::kAsked;
};

Daemon::Daemon(const RunOptions& options, Instance& instance)
    : options_(options),
      instance_(instance),
      admission_(instance.kernel()),
      attachments_(instance.kernel(), instance.folder(), options.hook, options.interfaces,
                   notices_),
      filler_(events_, instance.kernel(), give_up()),
      memcached_(events_, instance.kernel(), admission_, filler_, notices_, give_up()),
      balancer_(instance.kernel()),
      flows_(instance.kernel()),
      doubt_(instance),
      status_(status_path(options.name)),
      ending_signals_(events_),
      network_(events_) {}

/// The first cause counts.
void Daemon::stop(Result<End> end) {
  if (events_.stopped()) return;
  end_ = std::move(end);
  events_.stop();
}

Result<void> Daemon::start() {
  asio::error_code error;
  auto signals = open_ending_signals();
  if (!signals) return fail("cannot wait for signals", errno);
  ending_signals_.assign(signals.release(), error);
  // It is left pending: one that comes together with another cause is found later.
  ending_signals_.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this](asio::error_code cancelled) {
                               if (!cancelled) stop(End::kAsked);
                             });
  auto monitor = open_netlink_monitor();
  if (!monitor) return std::unexpected(monitor.error());
  network_.assign(monitor->release(), error);

  if (auto done = admission_.set_clients(options_.clients); !done) return done;
  if (auto done = attachments_.attach_all(); !done) return done;
  if (auto done = instance_.publish(); !done) return done;
  attachments_.moved_to(instance_.folder());
  if (auto done = filler_.start(); !done) return done;
  asio::co_spawn(events_, beat(), on_exception(give_up()));
  asio::co_spawn(events_, follow_network(), on_exception(give_up()));
  memcached_.start();
  return {};
}

/// Says that we live, and looks whether the tap does.
asio::awaitable<void> Daemon::beat() {
  asio::steady_timer timer(events_);
  for (;;) {
    if (auto done = beat_heart(instance_.kernel()); !done) {
      stop(std::unexpected(done.error()));
      co_return;
    }
    filler_.adapt_admission();
    flows_.sweep();
    memcached_.notice_silence();
    if (auto done = balancer_.step(); !done) notices_.raise("slabs", done.error().what);
    if (const auto doubt = doubt_.look()) {
      spdlog::warn("serving stops and all is loaded anew: {}", *doubt);
      stop(End::kDoubt);
      co_return;
    }
    status_.write(describe(
        {options_, memcached_.status(), attachments_.list(), admission_.addresses(), notices_}));
    asio::error_code cancelled;
    timer.expires_after(kBeat);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

/// Interfaces and addresses come and go.
asio::awaitable<void> Daemon::follow_network() {
  asio::steady_timer settle(events_);
  for (;;) {
    asio::error_code error;
    co_await network_.async_wait(asio::posix::stream_descriptor::wait_read,
                                 asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    settle.expires_after(kNetworkSettles);  // changes come in bursts
    co_await settle.async_wait(asio::redirect_error(asio::use_awaitable, error));
    drain_netlink_monitor(network_.native_handle());
    attachments_.refresh();
    const auto done = admission_.refresh();
    if (done) {
      notices_.settle("addresses");
    } else {
      notices_.raise("addresses", done.error().what);
    }
  }
}

Result<End> Daemon::run() {
  if (auto started = start(); !started) return std::unexpected(started.error());
  events_.run();
  return end_;
}

/// One load of the kernel side, from its beginning to its end.
Result<End> run_once(const RunOptions& options) {
  auto instance = Instance::adopt_or_load(options);
  if (!instance) return std::unexpected(instance.error());
  spdlog::info("instance {}: {}", options.name,
               instance->was_adopted() ? "adopted what was attached" : "loaded");
  return Daemon(options, *instance).run();
}

/// A memcached that listens over TCP only, where TCP is not served, is told so before
/// anything is loaded. One that is not there yet, or just begins or ends, is waited for.
Result<void> require_udp(std::uint16_t port) {
  const auto give_up = std::chrono::steady_clock::now() + 1s;
  for (;;) {
    const auto found = find_process(port);
    if (found && (!*found || !(*found)->udp.empty())) return {};
    if (std::chrono::steady_clock::now() > give_up) {
      return std::unexpected(found ? no_udp_error(port) : found.error());
    }
    std::this_thread::sleep_for(50ms);
  }
}

/// Loads, and loads anew after a doubt, until asked to end.
Result<void> run_until_asked(const RunOptions& options) {
  // Only now: one that goes away later comes back, one that was never there is a slip of the pen.
  for (const std::string& name : options.interfaces) {
    if (const auto found = find_interface(name); !found) return std::unexpected(found.error());
  }
  if (!options.object.serves_tcp) {
    if (auto udp = require_udp(options.port()); !udp) return udp;
  }
  ReloadPace pace;
  for (;;) {
    const auto end = run_once(options);
    if (!end) return std::unexpected(end.error());
    if (*end == End::kAsked || !pace.wait()) return {};
  }
}

/// Returns how many connections are translated on.
Result<std::size_t> remove_all(const RunOptions& options) {
  const auto unpublished = tear_down(unpublished_pin_folder(options.name), Connections::kReset);
  const auto published = tear_down(pin_folder(options.name), Connections::kKeep);
  return unpublished ? published : unpublished;
}

}  // namespace

Result<void> run_daemon(const RunOptions& options) {
  hold_ending_signals();
  if (auto able = require_features(); !able) return able;
  const auto lock = LockFile::take_as_daemon(options.name);
  if (!lock) return std::unexpected(lock.error());
  const auto ran = run_until_asked(options);
  const auto removed = remove_all(options);
  lock->remove_folder();
  if (!ran) return ran;
  if (!removed) return std::unexpected(removed.error());
  if (*removed == 0) {
    spdlog::info("detached");
  } else {
    spdlog::warn(
        "serving has ended, and {} TCP connections are translated until they close: "
        "bmc run takes them over, bmc detach --force resets them",
        *removed);
  }
  return {};
}

}  // namespace bmc

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "daemon/filler.h"

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>

#include "base/clock.h"
#include "base/exception.h"
#include "base/log.h"
#include "bpf/calls.h"
#include "daemon/fill.h"
#include "memcached/inquiry.h"

namespace bmc {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kConnections = 2;
// In one round trip: they fill a read of memcached's, and share its wake-up.
constexpr std::size_t kBatchKeys = 64;
constexpr auto kReadPause = 1ms;  // between two looks at the reports
constexpr auto kRetryConnect = 500ms;

// For how long a key is held after it was asked for. If in vain, the kernel side backs off for
// longer; that it forgets a key among many is no reason to ask for it at once.
constexpr std::uint64_t kHoldFilledNs = 2'000'000;
constexpr std::uint64_t kHoldInVainNs = 100'000'000;

std::uint64_t hold_after(FillResult result) {
  const bool was_in_vain = backoff_s(result) > 0;
  return was_in_vain ? kHoldInVainNs : kHoldFilledNs;
}

asio::awaitable<void> sleep(asio::steady_timer& timer, std::chrono::milliseconds time) {
  asio::error_code error;
  timer.expires_after(time);
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
}

}  // namespace

Filler::Filler(asio::io_context& events, const KernelSide& kernel,
               std::function<void(Error)> give_up)
    : events_(events),
      kernel_(kernel),
      give_up_(std::move(give_up)),
      ring_ready_(events),
      work_to_do_(events, asio::steady_timer::time_point::max()) {}

Result<void> Filler::start() {
  ring_.reset(ring_buffer__new(kernel_.fd(Map::kMisses), on_report, this, nullptr));
  if (!ring_) return fail("cannot read the reports of missed keys", errno);
  asio::error_code error;
  // The ring owns its descriptor; the event loop closes a copy.
  ring_ready_.assign(::dup(ring_buffer__epoll_fd(ring_.get())), error);
  if (error) return fail("cannot wait for reports of missed keys", error.value());
  asio::co_spawn(events_, read_reports(), on_exception(give_up_));
  for (unsigned i = 0; i < kConnections; i++) {
    asio::co_spawn(events_, work(), on_exception(give_up_));
  }
  return {};
}

void Filler::set_server(std::optional<Server> server) {
  server_ = std::move(server);
  server_generation_++;
  work_to_do_.cancel();
}

void Filler::adapt_admission() {
  bmc_state& state = kernel_.state();
  const bool is_full = atomic(state.slabs_used).load() >= kernel_.config().slabs;
  atomic(state.report_after).store(is_full ? 2 : 1);
}

int Filler::on_report(void* self, void* record, std::size_t bytes) {
  auto& filler = *static_cast<Filler*>(self);
  const auto& miss = *static_cast<const bmc_miss*>(record);
  if (bytes < sizeof(miss) || miss.key_bytes > BMC_KEY_MAX || !filler.server_) return 0;
  const std::string_view key(reinterpret_cast<const char*>(miss.key), miss.key_bytes);
  if (!is_text_key(key)) return 0;
  filler.queue_.offer(key, hash_of_key(filler.kernel_, key), monotonic_ns());
  return filler.queue_.is_full() ? -ENOBUFS : 0;  // the rest waits in the ring
}

asio::awaitable<void> Filler::read_reports() {
  asio::steady_timer pause(events_);
  for (;;) {
    asio::error_code error;
    co_await ring_ready_.async_wait(asio::posix::stream_descriptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    ring_buffer__consume(ring_.get());
    if (!queue_.is_empty()) work_to_do_.cancel();
    // Reports that come meanwhile are read together, and wake nobody.
    co_await sleep(pause, kReadPause);
  }
}

std::vector<Filler::Asked> Filler::lease_some() {
  std::vector<Asked> batch;
  for (WantedKey& wanted : queue_.take(kBatchKeys)) {
    bmc_lease lease{};
    lease.hash = wanted.hash;
    if (!take_lease(kernel_, lease) || lease.result != 0) {
      queue_.release(wanted.hash, monotonic_ns() + kHoldFilledNs);
      continue;
    }
    batch.push_back({std::move(wanted), lease});
  }
  return batch;
}

Result<void> Filler::fill(const Asked& asked, const MetaValue& answer) {
  const FillResult result = fill_answer(kernel_, asked.wanted.key, asked.lease, answer, text_);
  queue_.release(asked.wanted.hash, monotonic_ns() + hold_after(result));
  if (const std::uint32_t seconds = backoff_s(result)) {
    bmc_backoff backoff{.lease = asked.lease, .seconds = seconds, .pad = 0};
    if (const auto done = back_off(kernel_, backoff); !done) return done;
  }
  if (result == FillResult::kMismatch) return fail("memcached answered for another key");
  return {};
}

Task<void> Filler::ask(Connection& connection, const std::vector<Asked>& batch) {
  std::string request;
  for (const Asked& asked : batch) append_meta_get(request, asked.wanted.key);
  const auto sent = co_await connection.send(request);
  if (!sent) co_return sent;
  for (const Asked& asked : batch) {
    auto answer = parse_meta_value(connection.received());
    while (answer.state == Parse::kPartial) {
      const auto more = co_await connection.receive();
      if (!more) co_return more;
      answer = parse_meta_value(connection.received());
    }
    if (answer.state == Parse::kMalformed) {
      co_return fail("memcached's answer to mg is not of the known form");
    }
    const auto filled = fill(asked, answer.value);
    if (!filled) co_return filled;
    connection.consume(answer.bytes);
  }
  co_return Result<void>{};
}

asio::awaitable<void> Filler::ask_for_some(Connection& connection) {
  const std::vector<Asked> batch = lease_some();
  if (batch.empty()) co_return;
  const auto asked = co_await ask(connection, batch);
  if (asked) co_return;
  spdlog::debug("a connection for fills ends: {}", asked.error().what);
  connection.close();
  for (const Asked& each : batch) queue_.release(each.wanted.hash, 0);
}

asio::awaitable<void> Filler::work() {
  Connection connection(events_.get_executor());
  asio::steady_timer pause(events_);
  unsigned generation = 0;
  for (;;) {
    if (generation != server_generation_) {
      connection.close();
      generation = server_generation_;
    }
    if (!server_ || queue_.is_empty()) {
      asio::error_code woken;
      co_await work_to_do_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      continue;
    }
    if (!connection.is_open()) {
      const auto connected = co_await connect_to(connection, server_->endpoint, server_->pid);
      if (!connected) co_await sleep(pause, kRetryConnect);
      continue;
    }
    co_await ask_for_some(connection);
  }
}

}  // namespace bmc

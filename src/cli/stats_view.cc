// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/stats_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/clock.h"
#include "base/units.h"
#include "cli/unsynced_view.h"

namespace bmc::cli {
namespace {

using nlohmann::json;

struct Label {
  const char* name;
  const char* help;
};

#define X(name, label, help) Label{#label, help},
constexpr std::array kCounterLabels{BMC_COUNTERS(X)};
constexpr std::array kPassLabels{BMC_PASS_REASONS(X)};
constexpr std::array kTcpLabels{BMC_TCP_COUNTERS(X)};
#undef X

#define X(index, bytes, blocks) std::uint32_t{bytes},
constexpr std::array kBlockBytes{BMC_SIZE_CLASSES(X)};
#undef X

/// Reasons begin at 1: 0 is "not passed".
template <typename Stats>
std::uint64_t passes_for(const Stats& stats, std::size_t reason) {
  return stats.passes[reason + 1];
}

template <typename Stats>
nlohmann::json passes_json(const Stats& stats) {
  nlohmann::json passes;
  for (std::size_t i = 0; i < kPassLabels.size(); i++)
    passes[kPassLabels[i].name] = passes_for(stats, i);
  return passes;
}

std::string line(const Label& label, std::uint64_t value) {
  return fmt::format("  {:<20} {:>14}  {}\n", label.name, value, label.help);
}

template <typename Stats>
std::string passes_text(const Stats& stats) {
  std::string out;
  for (std::size_t i = 0; i < kPassLabels.size(); i++) {
    if (passes_for(stats, i) != 0) out += line(kPassLabels[i], passes_for(stats, i));
  }
  return out;
}

}  // namespace

Result<StatsView> StatsView::read(const KernelSide& kernel) {
  const auto stats = read_counters(kernel);
  if (!stats) return std::unexpected(stats.error());
  const auto tcp = read_tcp_counters(kernel);
  if (!tcp) return std::unexpected(tcp.error());
  StatsView view;
  view.serves_tcp_ = kernel.config().serves_tcp != 0;
  view.tcp_ = *tcp;
  if (view.serves_tcp_) view.flows_ = count_flows(list_flows(kernel.fd(Map::kFlows)));
  view.stats_ = *stats;
  view.state_ = kernel.state();
  const auto classes = kernel.classes();
  std::copy(classes.begin(), classes.end(), view.classes_.begin());
  view.unsynced_ = list_unsynced(kernel);
  view.slabs_ = kernel.config().slabs;
  view.buckets_ = kernel.config().buckets;
  view.now_ns_ = monotonic_ns();
  return view;
}

std::uint64_t StatsView::items() const {
  std::uint64_t items = 0;
  for (const bmc_class& each : classes_) items += each.used_blocks;
  return items;
}

std::uint64_t StatsView::hits() const {
  return stats_.counts[BMC_COUNT_HITS] + tcp_.counts[BMC_TCP_SERVED];
}

std::uint64_t StatsView::passes() const {
  std::uint64_t passes = 0;
  for (std::size_t i = 0; i < kPassLabels.size(); i++)
    passes += passes_for(stats_, i) + passes_for(tcp_, i);
  return passes;
}

json StatsView::tcp_json() const {
  nlohmann::json counts;
  for (std::size_t i = 0; i < kTcpLabels.size(); i++) counts[kTcpLabels[i].name] = tcp_.counts[i];
  return {{"counts", counts},
          {"passes", passes_json(tcp_)},
          {"flows",
           {{"open", flows_.open}, {"translated", flows_.translated}, {"closed", flows_.closed}}}};
}

std::string StatsView::tcp_text() const {
  std::string out = "TCP\n";
  for (std::size_t i = 0; i < kTcpLabels.size(); i++) out += line(kTcpLabels[i], tcp_.counts[i]);
  out += "requests over TCP left to memcached, because\n" + passes_text(tcp_);
  return out + fmt::format(
                   "connections followed: {}, {} of them translated; {} closed ones are\n"
                   "translated until nothing of them can be under way\n",
                   flows_.open, flows_.translated, flows_.closed);
}

json StatsView::json() const {
  nlohmann::json counts, classes = json::array();
  for (std::size_t i = 0; i < kCounterLabels.size(); i++)
    counts[kCounterLabels[i].name] = stats_.counts[i];
  for (std::size_t i = 0; i < kBlockBytes.size(); i++) {
    classes.push_back({{"block_bytes", kBlockBytes[i]},
                       {"slabs", classes_[i].slabs},
                       {"used_blocks", classes_[i].used_blocks},
                       {"evictions", classes_[i].evictions},
                       {"failures", classes_[i].failures}});
  }
  return {{"time_ns", now_ns_},
          {"counts", counts},
          {"passes", passes_json(stats_)},
          {"tcp", serves_tcp_ ? tcp_json() : nlohmann::json()},
          {"items", items()},
          {"classes", classes},
          {"slabs", slabs_},
          {"slabs_used", std::min(state_.slabs_used, slabs_)},
          {"buckets", buckets_},
          {"epoch", state_.epoch},
          {"incarnation", state_.incarnation},
          {"global_opens", state_.global_opens},
          {"flushes", state_.flushes},
          {"unsynced", describe_unsynced(unsynced_, now_ns_)}};
}

std::string StatsView::text() const {
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "counters\n");
  for (std::size_t i = 0; i < kCounterLabels.size(); i++)
    out += line(kCounterLabels[i], stats_.counts[i]);
  out += "requests left to memcached, because\n" + passes_text(stats_);
  if (serves_tcp_) out += tcp_text();
  fmt::format_to(to, "memory: {} items, {} of {} slabs in use\n", items(),
                 std::min(state_.slabs_used, slabs_), slabs_);
  for (std::size_t i = 0; i < kBlockBytes.size(); i++) {
    if (classes_[i].slabs == 0) continue;
    fmt::format_to(to, "  blocks of {:>4} bytes: {:>9} used, {:>7} slabs, {} evictions\n",
                   kBlockBytes[i], classes_[i].used_blocks, classes_[i].slabs,
                   classes_[i].evictions);
  }
  fmt::format_to(to, "open writes that may touch any key: {}\n", state_.global_opens);
  out += unsynced_text(unsynced_, now_ns_);
  return out;
}

std::string StatsView::rate_heading() {
  return fmt::format("{:>12} {:>12} {:>8} {:>10} {:>10} {:>10} {:>12} {:>10}\n", "hits/s",
                     "passes/s", "hit %", "fills/s", "writes/s", "publ./s", "items", "evict./s");
}

std::string StatsView::rate_line(const StatsView& before) const {
  const double seconds =
      static_cast<double>(now_ns_ - before.now_ns_) / static_cast<double>(kNsPerSecond);
  const auto rate = [&](std::uint64_t now, std::uint64_t then) {
    return static_cast<double>(now - then) / seconds;
  };
  const auto counted = [&](bmc_counter counter) {
    return format_count(rate(stats_.counts[counter], before.stats_.counts[counter]));
  };
  const double hits = rate(this->hits(), before.hits());
  const double passed = rate(passes(), before.passes());
  return fmt::format("{:>12} {:>12} {:>8.2f} {:>10} {:>10} {:>10} {:>12} {:>10}\n",
                     format_count(hits), format_count(passed),
                     hits > 0 ? 100 * hits / (hits + passed) : 0.0, counted(BMC_COUNT_FILLS),
                     counted(BMC_COUNT_WRITES), counted(BMC_COUNT_PUBLISHES), items(),
                     counted(BMC_COUNT_EVICTIONS));
}

}  // namespace bmc::cli

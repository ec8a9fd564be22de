// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/load_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/units.h"

namespace bmc::bench {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Transport transport) {
  return transport == Transport::kUdp ? "udp" : "tcp";
}

double us(double ns) {
  return ns / 1000;
}

Json latency_json(const Histogram& h) {
  return {{"count", h.count()},
          {"mean", us(h.mean())},
          {"min", us(h.min())},
          {"p50", us(h.quantile(0.5))},
          {"p90", us(h.quantile(0.9))},
          {"p99", us(h.quantile(0.99))},
          {"p99_9", us(h.quantile(0.999))},
          {"max", us(h.max())}};
}

/// [share, latency] in rising order: a distribution's curve, its tail finer than its middle.
Json curve_json(const Histogram& h) {
  Json curve = Json::array();
  if (h.count() == 0) return curve;
  const auto add = [&](double q) { curve.push_back({q, us(h.quantile(q))}); };
  for (const double q : {0.0, 0.001, 0.01}) add(q);
  for (int percent = 5; percent < 95; percent += 5) add(percent / 100.0);
  for (const double q : {0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1.0}) add(q);
  return curve;
}

Json options_json(const LoadOptions& o) {
  return {{"server", o.server},
          {"transport", name_of(o.gets)},
          {"sets", name_of(o.sets)},
          {"command", o.command == GetCommand::kGet ? "get" : "mg"},
          {"loop", o.rate ? "open" : "closed"},
          {"rate_rps", o.rate ? Json(*o.rate) : Json()},
          {"threads", o.threads},
          {"connections", o.connections},
          {"outstanding", o.outstanding},
          {"keys", o.keys},
          {"zipf", o.uniform ? Json() : Json(o.zipf)},
          {"key_bytes", o.key_bytes},
          {"value_bytes_min", o.value_bytes.low},
          {"value_bytes_max", o.value_bytes.high},
          {"value_sizes", o.value_sizes ? Json(o.value_sizes->text()) : Json()},
          {"get_ratio", o.get_ratio},
          {"multiget", o.multiget},
          {"noreply", o.noreply},
          {"ttl_s_min", o.ttl_s.low},
          {"ttl_s_max", o.ttl_s.high},
          {"warmup_s", o.warmup.count() / 1e9},
          {"timeout_ms", o.timeout.count() / 1e6},
          {"seed", o.seed}};
}

double hit_ratio(const Counts& counts) {
  return counts[Counter::keys] == 0
             ? 0
             : static_cast<double>(counts[Counter::hits]) / counts[Counter::keys];
}

Json series_json(const std::vector<Slice>& series) {
  Json slices = Json::array();
  for (const Slice& slice : series) {
    slices.push_back({{"t_s", slice.t_s},
                      {"rps", slice.counts[Counter::requests] / slice.seconds},
                      {"keys_per_s", slice.counts[Counter::keys] / slice.seconds},
                      {"sets_per_s", slice.counts[Counter::sets] / slice.seconds},
                      {"hit_ratio", hit_ratio(slice.counts)},
                      {"lost", slice.counts[Counter::lost]},
                      {"wrong", slice.counts.wrong()}});
  }
  return slices;
}

std::string latency_line(const char* what, const Histogram& h) {
  if (h.count() == 0) return {};
  return fmt::format("{:<12}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}\n", what,
                     us(h.mean()), us(h.quantile(0.5)), us(h.quantile(0.9)), us(h.quantile(0.99)),
                     us(h.quantile(0.999)), us(h.max()));
}

std::string headline(const LoadOptions& o) {
  return fmt::format(
      "{} {}, {} keys ({}), {}-byte keys, {} values, get:set {:.0f}:{:.0f}\n"
      "{} loop{}, {} thread{}, {} connection{}, {} outstanding each\n",
      name_of(o.gets), o.server, o.keys, o.uniform ? "uniform" : fmt::format("Zipf {}", o.zipf),
      o.key_bytes,
      o.value_bytes.low == o.value_bytes.high
          ? fmt::format("{}-byte", o.value_bytes.low)
          : fmt::format("{} to {}-byte", o.value_bytes.low, o.value_bytes.high),
      100 * o.get_ratio, 100 * (1 - o.get_ratio), o.rate ? "open" : "closed",
      o.rate ? fmt::format(" at {}/s", format_count(*o.rate)) : "", o.threads,
      o.threads == 1 ? "" : "s", o.connections, o.connections == 1 ? "" : "s", o.outstanding);
}

std::string trouble(const LoadReport& r) {
  std::string text;
  const auto line = [&](const char* what, std::uint64_t count) {
    if (count != 0) text += fmt::format("{:<12}{:>10}\n", what, count);
  };
  line("lost", r.counts[Counter::lost]);
  line("late", r.counts[Counter::late]);
  line("refused", r.counts[Counter::refused]);
  line("errors", r.counts[Counter::errors]);
  line("reconnects", r.counts[Counter::reconnects]);
  line("unsent", r.unsent);
  for (std::size_t i = 0; i < kFaults; i++) {
    const auto fault = static_cast<Fault>(i);
    if (r.counts[fault] == 0) continue;
    text += fmt::format("{:<12}{:>10}  WRONG: {}\n", bench::name_of(fault), r.counts[fault],
                        meaning_of(fault));
  }
  for (const std::string& complaint : r.complaints) text += "  " + complaint + '\n';
  return text.empty() ? "no losses, no errors, every reply right\n" : text;
}

}  // namespace

std::string to_text(const LoadReport& r) {
  std::string text = headline(r.options);
  text += fmt::format("\n{:<12}{:>10}/s  for {:.1f} s\n", "requests",
                      format_count(r.per_second(Counter::requests)), r.seconds);
  text += fmt::format("{:<12}{:>10}/s  hit ratio {:.2f} %\n", "keys",
                      format_count(r.per_second(Counter::keys)), 100 * hit_ratio(r.counts));
  if (r.counts[Counter::sets] != 0) {
    text += fmt::format("{:<12}{:>10}/s\n", "sets", format_count(r.per_second(Counter::sets)));
  }
  text +=
      fmt::format("{:<12}{:>10}/s  sent {}/s\n", "received",
                  format_bytes(static_cast<std::uint64_t>(r.per_second(Counter::received_bytes))),
                  format_bytes(static_cast<std::uint64_t>(r.per_second(Counter::sent_bytes))));
  text += fmt::format("{:<12}{:>10.2f} cores  ({:.1f} s user, {:.1f} s system)\n", "client CPU",
                      r.cpu_cores(), r.cpu_user_s, r.cpu_system_s);
  text += fmt::format("\n{:<12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "latency, us", "mean",
                      "p50", "p90", "p99", "p99.9", "max");
  text += latency_line("  get", r.latencies.gets) + latency_line("  set", r.latencies.sets);
  return text + '\n' + trouble(r);
}

std::string to_json(const LoadReport& r) {
  Json counts;
  for (std::size_t i = 0; i < kCounters; i++) {
    const auto counter = static_cast<Counter>(i);
    counts[bench::name_of(counter)] = r.counts[counter];
  }
  counts["unsent"] = r.unsent;
  Json faults;
  for (std::size_t i = 0; i < kFaults; i++) {
    const auto fault = static_cast<Fault>(i);
    faults[bench::name_of(fault)] = r.counts[fault];
  }
  const Json json = {
      {"schema", "bmc-bench-load/1"},
      {"options", options_json(r.options)},
      {"measured_s", r.seconds},
      {"throughput_rps", r.per_second(Counter::requests)},
      {"gets_per_s", r.per_second(Counter::gets)},
      {"sets_per_s", r.per_second(Counter::sets)},
      {"keys_per_s", r.per_second(Counter::keys)},
      {"hit_ratio", hit_ratio(r.counts)},
      {"received_bytes_per_s", r.per_second(Counter::received_bytes)},
      {"sent_bytes_per_s", r.per_second(Counter::sent_bytes)},
      {"latency_us", latency_json(r.latencies.gets)},
      {"set_latency_us", latency_json(r.latencies.sets)},
      {"latency_curve_us", curve_json(r.latencies.gets)},
      {"set_latency_curve_us", curve_json(r.latencies.sets)},
      {"counts", counts},
      {"wrong", r.counts.wrong()},
      {"faults", faults},
      {"complaints", r.complaints},
      {"client_cpu_cores", r.cpu_cores()},
      {"client_cpu_user_s", r.cpu_user_s},
      {"client_cpu_system_s", r.cpu_system_s},
      {"series", series_json(r.series)},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bmc::bench

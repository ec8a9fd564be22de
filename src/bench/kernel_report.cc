// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/kernel_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/units.h"

namespace bmc::bench {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t replies_of(const bmc_bench_replies& r) {
  return r.values + r.ends + r.echoes + r.others;
}

double reply_bytes(const KernelReport& r) {
  const std::uint64_t replies = replies_of(r.replies);
  return replies == 0 ? 0 : static_cast<double>(r.replies.bytes) / replies;
}

std::string distribution(const KernelOptions& o) {
  if (o.single_key) return "one of them";
  return o.uniform ? "uniform" : fmt::format("Zipf {}", o.zipf);
}

std::string rate_line(const char* what, const KernelReport& r, double KernelSlice::* rate) {
  const auto [low, high] = std::ranges::minmax_element(r.slices, {}, rate);
  return fmt::format("{:<12}{:>11}{:>11}{:>11}\n", what, format_count(r.median(rate)),
                     format_count((*low).*rate), format_count((*high).*rate));
}

Json options_json(const KernelOptions& o) {
  return {{"interface", o.interface},
          {"to", o.to},
          {"to_mac", o.to_mac},
          {"from", o.from},
          {"port", o.port},
          {"from_port_first", o.from_port_first},
          {"from_port_last", o.from_port_last},
          {"keys", o.keys},
          {"zipf", o.uniform || o.single_key ? Json() : Json(o.zipf)},
          {"single_key", o.single_key},
          {"key_bytes", o.key_bytes},
          {"value_bytes", o.value_bytes},
          {"threads", o.threads},
          {"warmup_s", o.warmup.count() / 1e9},
          {"seed", o.seed}};
}

Json series_json(const std::vector<KernelSlice>& slices) {
  Json series = Json::array();
  for (const KernelSlice& s : slices) {
    series.push_back({{"t_s", s.t_s},
                      {"rps", s.replies_rps},
                      {"sent_rps", s.sent_rps},
                      {"values_rps", s.values_rps},
                      {"ends_rps", s.ends_rps},
                      {"echoes_rps", s.echoes_rps},
                      {"others_rps", s.others_rps}});
  }
  return series;
}

}  // namespace

double KernelReport::median(double KernelSlice::* rate) const {
  if (slices.empty()) return 0;
  std::vector<double> sorted;
  for (const KernelSlice& slice : slices) sorted.push_back(slice.*rate);
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::string to_text(const KernelReport& r) {
  const KernelOptions& o = r.options;
  std::string text = fmt::format(
      "gets by the kernel on {} to {}:{}, {} keys ({}), {}-byte keys, {} thread{}\n\n", o.interface,
      o.to, o.port, o.keys, distribution(o), o.key_bytes, o.threads, o.threads == 1 ? "" : "s");
  text += fmt::format("{:<12}{:>11}{:>11}{:>11}   over {} slices\n", "per second", "median", "min",
                      "max", r.slices.size());
  if (!r.slices.empty()) {
    text += rate_line("sent", r, &KernelSlice::sent_rps);
    text += rate_line("replies", r, &KernelSlice::replies_rps);
    text += rate_line("  values", r, &KernelSlice::values_rps);
    text += rate_line("  misses", r, &KernelSlice::ends_rps);
    if (r.replies.echoes != 0) text += rate_line("  echoes", r, &KernelSlice::echoes_rps);
    if (r.replies.others != 0) text += rate_line("  others", r, &KernelSlice::others_rps);
  }
  text += fmt::format("\nreply size  {:>11.1f} bytes on average, UDP payload\n", reply_bytes(r));
  text += fmt::format("verified    {:>11} replies, {} wrong\n", r.samples, r.wrong);
  for (const std::string& complaint : r.complaints) text += "  " + complaint + '\n';
  return text;
}

std::string to_json(const KernelReport& r) {
  const Json json = {
      {"schema", "bmc-bench-kernel/1"},
      {"options", options_json(r.options)},
      {"throughput_rps", r.median(&KernelSlice::replies_rps)},
      {"sent_rps", r.median(&KernelSlice::sent_rps)},
      {"values_rps", r.median(&KernelSlice::values_rps)},
      {"ends_rps", r.median(&KernelSlice::ends_rps)},
      {"echoes_rps", r.median(&KernelSlice::echoes_rps)},
      {"others_rps", r.median(&KernelSlice::others_rps)},
      {"reply_bytes_mean", reply_bytes(r)},
      {"counts",
       {{"sent", r.sent},
        {"replies", replies_of(r.replies)},
        {"values", r.replies.values},
        {"ends", r.replies.ends},
        {"echoes", r.replies.echoes},
        {"others", r.replies.others},
        {"reply_bytes", r.replies.bytes},
        {"samples_verified", r.samples},
        {"samples_lost", r.replies.samples_lost}}},
      {"wrong", r.wrong},
      {"complaints", r.complaints},
      {"series", series_json(r.slices)},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bmc::bench

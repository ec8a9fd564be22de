// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bench/size_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "bench/value.h"

namespace bmc::bench {
namespace {

// Of ETC: the shares of values of 0, 1, 2, ... bytes, and the tail behind them.
constexpr std::array kEtcShares{.00536, .00047, .17820, .09239, .00018, .02740, .00065, .00606,
                                .00023, .00837, .00837, .08989, .00092, .00326, .01980};
constexpr double kEtcFrom = 15;
constexpr double kEtcScale = 214.476;
constexpr double kEtcShape = 0.348238;
// One value in 2000 would be longer. UDP answers those in so many datagrams that a lost
// one, not the server, would decide.
constexpr std::uint32_t kEtcLongest = 8192;

std::uint32_t etc_tail(double draw) {
  const double bytes = kEtcFrom + kEtcScale * (std::pow(1 - draw, -kEtcShape) - 1) / kEtcShape;
  return static_cast<std::uint32_t>(std::min<double>(bytes, kEtcLongest));
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Error not_a_model(const std::string& text) {
  return {"'" + text + "' is no distribution of lengths", 0,
          "etc, or lengths and weights: 32:75,8192:25", ExitCode::kUsage};
}

}  // namespace

void SizeModel::add(std::uint32_t bytes, double share) {
  const double before = steps_.empty() ? 0 : steps_.back().up_to;
  if (steps_.empty()) bounds_ = {bytes, bytes};
  bounds_ = {std::min(bounds_.low, bytes), std::max(bounds_.high, bytes)};
  steps_.push_back({before + share, bytes});
}

/// Values shorter than what carries its own check are as long as that.
SizeModel SizeModel::etc() {
  SizeModel model;
  for (std::size_t bytes = 0; bytes < kEtcShares.size(); bytes++) {
    model.add(static_cast<std::uint32_t>(std::max(bytes, kMinValueBytes)), kEtcShares[bytes]);
  }
  model.bounds_.high = kEtcLongest;
  model.text_ = "etc";
  return model;
}

Result<SizeModel> SizeModel::parse(const std::string& text) {
  if (text == "etc") return etc();
  std::vector<std::pair<std::uint32_t, double>> parts;
  double sum = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::size_t colon = part.find(':');
    std::uint32_t bytes = 0;
    double weight = 0;
    if (colon == part.npos || !read_number(part.substr(0, colon), bytes) ||
        !read_number(part.substr(colon + 1), weight) || !(weight >= 0)) {
      return std::unexpected(not_a_model(text));
    }
    sum += weight;
    if (weight > 0) parts.emplace_back(bytes, weight);
  }
  if (!(sum > 0) || !std::isfinite(sum)) return std::unexpected(not_a_model(text));
  SizeModel model;
  model.text_ = text;
  for (const auto& [bytes, weight] : parts) model.add(bytes, weight / sum);
  model.steps_.back().up_to = 1;  // whatever rounding has left
  return model;
}

std::uint32_t SizeModel::draw(Random& random) const noexcept {
  const double draw = static_cast<double>(random.next() >> 11) * 0x1p-53;
  for (const Step& step : steps_) {
    if (draw < step.up_to) return step.bytes;
  }
  const double before = steps_.back().up_to;
  return etc_tail((draw - before) / (1 - before));
}

}  // namespace bmc::bench

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/author.h"

#include <fmt/core.h>

#include <utility>

#include "model/values.h"

namespace bmc::stream {
namespace {

// Few, so that all are read often; what a connection stores at most is a few hundred kilobytes.
constexpr std::size_t kOrdinary = 20, kLarge = 2, kAbsent = 4, kCounters = 4;
constexpr std::size_t kFirstLarge = kOrdinary, kFirstAbsent = kFirstLarge + kLarge,
                      kFirstCounter = kFirstAbsent + kAbsent, kItems = kFirstCounter + kCounters;
constexpr std::size_t kLongestKey = 250;  // memcached's

std::string value_line(std::string_view key, std::uint32_t flags, std::string_view value) {
  return fmt::format("VALUE {} {} {}\r\n{}\r\n", key, flags, value.size(), value);
}

}  // namespace

Author::Author(std::uint64_t seed, std::uint32_t connection, const Habits& habits)
    : name_(fmt::format("{:x}.{}", seed, connection)),
      habits_(habits),
      random_(seed * 1'000'003 + connection) {
  for (std::size_t i = 0; i < kItems; i++) {
    std::string key = fmt::format("{}.{}", name_, i);
    if (i % 7 == 3) key.resize(random_.between(key.size() + 1, kLongestKey), 'k');
    items_.push_back({.key = std::move(key), .is_there = false, .flags = 0, .value = {}});
  }
}

Request Author::hello(std::uint32_t generation) const {
  return {.kind = Kind::kHello,
          .bytes = fmt::format("{}{}.{}\r\n", kHelloStart, name_, generation),
          .reply = "EN\r\n"};
}

Request Author::last() {
  return {.kind = Kind::kNoop, .bytes = "mn\r\n", .reply = "MN\r\n"};
}

Request Author::next() {
  if (then_) return *std::exchange(then_, std::nullopt);
  return random_.percent(habits_.read_percent) ? read() : write();
}

Author::Item& Author::draw_item() {
  if (random_.below(200) == 0) return items_[kFirstLarge + random_.below(kLarge)];
  return items_[random_.below(kOrdinary)];
}

Author::Item& Author::draw_counter() {
  return items_[kFirstCounter + random_.below(kCounters)];
}

Request Author::read() {
  const std::uint64_t turn = random_.below(100);
  if (turn < 55) return get();
  return turn < 70 ? multi_get() : meta_get();
}

Request Author::write() {
  const std::uint64_t turn = random_.below(100);
  if (turn < 35) return set(draw_item(), false);
  if (turn < 60) return set(draw_item(), true);
  if (turn < 72) return meta_set(draw_item(), false);
  if (turn < 77) return meta_set(draw_item(), true);
  if (turn < 85) return erase(draw_item());
  if (turn < 90) return touch();
  return incr();
}

/// Any key in turn: one that is stored, one that never is, one with a number.
Request Author::get() {
  const std::uint64_t turn = random_.below(20);
  const Item& item = turn == 0   ? items_[kFirstAbsent + random_.below(kAbsent)]
                     : turn == 1 ? draw_counter()
                                 : draw_item();
  Request request{.kind = Kind::kGet,
                  .bytes = fmt::format("get {}\r\n", item.key),
                  .reply = {},
                  .is_servable = item.is_there};
  if (item.is_there) request.reply = value_line(item.key, item.flags, item.value);
  request.reply += "END\r\n";
  return request;
}

Request Author::multi_get() {
  Request request{.kind = Kind::kMultiGet, .bytes = "get", .reply = {}, .is_servable = true};
  for (std::uint64_t keys = random_.between(2, 8); keys > 0; keys--) {
    const Item& item =
        random_.below(10) == 0 ? items_[kFirstAbsent + random_.below(kAbsent)] : draw_item();
    request.bytes += " " + item.key;
    request.is_servable &= item.is_there;
    if (item.is_there) request.reply += value_line(item.key, item.flags, item.value);
  }
  request.bytes += "\r\n";
  request.reply += "END\r\n";
  return request;
}

/// With some of its flags, in any order. What a quiet one says of a miss is nothing, so a no-op
/// comes behind it.
Request Author::meta_get() {
  const Item& item = random_.below(10) == 0 ? draw_counter() : draw_item();
  const bool is_quiet = random_.percent(15), wants_value = random_.percent(85);
  std::vector<std::string> echoed;
  if (random_.percent(50)) echoed.push_back(fmt::format("f{}", item.flags));
  if (random_.percent(50)) echoed.push_back("k" + item.key);
  if (random_.percent(50)) echoed.push_back(fmt::format("s{}", item.value.size()));
  if (random_.percent(30)) echoed.push_back(fmt::format("O{}", random_.below(1'000'000)));
  for (std::size_t i = echoed.size(); i > 1; i--)
    std::swap(echoed[i - 1], echoed[random_.below(i)]);

  std::string asked, told;
  for (const std::string& flag : echoed) {
    asked += " " + (flag[0] == 'O' ? flag : flag.substr(0, 1));
    // A miss repeats only what the client itself has said.
    if (item.is_there || flag[0] == 'O' || flag[0] == 'k') told += " " + flag;
  }
  if (wants_value) (random_.percent(50) ? asked += " v" : asked.insert(0, " v"));
  if (is_quiet) asked.insert(0, " q");
  Request request{.kind = is_quiet ? Kind::kQuietMetaGet : Kind::kMetaGet,
                  .bytes = fmt::format("mg {}{}\r\n", item.key, asked),
                  .reply = {},
                  .is_servable = item.is_there};
  if (item.is_there && wants_value) {
    request.reply = fmt::format("VA {}{}\r\n{}\r\n", item.value.size(), told, item.value);
  } else if (item.is_there) {
    request.reply = fmt::format("HD{}\r\n", told);
  } else if (!is_quiet) {
    request.reply = fmt::format("EN{}\r\n", told);
  }
  if (is_quiet) then_ = last();
  return request;
}

/// Draws what @item is from now on.
void Author::store(Item& item) {
  const bool is_large = &item >= &items_[kFirstLarge] && &item < &items_[kFirstAbsent];
  const std::size_t bytes = is_large ? draw_large_size(random_) : draw_size(random_);
  item.value = draw_value(random_, bytes, items_[random_.below(kOrdinary)].key);
  item.flags = random_.percent(50) ? 0 : static_cast<std::uint32_t>(random_.next());
  item.is_there = true;
}

Request Author::set(Item& item, bool is_quiet) {
  store(item);
  return {.kind = is_quiet ? Kind::kSetNoreply : Kind::kSet,
          .bytes = fmt::format("set {} {} 0 {}{}\r\n{}\r\n", item.key, item.flags,
                               item.value.size(), is_quiet ? " noreply" : "", item.value),
          .reply = is_quiet ? "" : "STORED\r\n"};
}

Request Author::meta_set(Item& item, bool is_quiet) {
  store(item);
  const bool is_named = random_.percent(30);
  const std::string opaque = random_.percent(30) ? fmt::format(" O{}", random_.below(1000)) : "";
  return {
      .kind = is_quiet ? Kind::kQuietMetaSet : Kind::kMetaSet,
      .bytes = fmt::format("ms {} {} F{}{}{}{}\r\n{}\r\n", item.key, item.value.size(), item.flags,
                           is_quiet ? " q" : "", is_named ? " k" : "", opaque, item.value),
      .reply = is_quiet ? "" : fmt::format("HD{}{}\r\n", is_named ? " k" + item.key : "", opaque)};
}

Request Author::erase(Item& item) {
  const bool was_there = std::exchange(item.is_there, false);
  return {.kind = Kind::kDelete,
          .bytes = fmt::format("delete {}\r\n", item.key),
          .reply = was_there ? "DELETED\r\n" : "NOT_FOUND\r\n"};
}

Request Author::touch() {
  const Item& item = draw_item();
  return {.kind = Kind::kTouch,
          .bytes = fmt::format("touch {} 0\r\n", item.key),
          .reply = item.is_there ? "TOUCHED\r\n" : "NOT_FOUND\r\n"};
}

/// Only upwards: a number that becomes shorter may keep its length in memcached.
Request Author::incr() {
  Item& item = draw_counter();
  if (!item.is_there) {
    item.value = fmt::format("{}", random_.below(100));
    item.is_there = true;
    return {
        .kind = Kind::kSet,
        .bytes = fmt::format("set {} 0 0 {}\r\n{}\r\n", item.key, item.value.size(), item.value),
        .reply = "STORED\r\n"};
  }
  const std::uint64_t by = random_.below(1000);
  item.value = fmt::format("{}", std::stoull(item.value) + by);
  return {.kind = Kind::kIncr,
          .bytes = fmt::format("incr {} {}\r\n", item.key, by),
          .reply = item.value + "\r\n"};
}

}  // namespace bmc::stream

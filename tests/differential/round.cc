// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "round.h"

#include "host/serve.h"

namespace bmc::differential {
namespace {

/// What each key is before the stream, by chance.
std::string preparation(Dice& dice) {
  static const std::vector<std::string> values = {"old", "5", "12345", "a longer old value", ""};
  static const std::vector<std::string> flags = {"", "", " F7", " T100", " T5000 F9"};
  std::string requests;
  for (const std::string& key : keys()) {
    const std::string& value = dice.one_of(values);
    if (dice.percent(20)) {
      requests += meta_line("md", key, " q");
    } else {
      requests +=
          meta_line("ms", key, " " + std::to_string(value.size()) + " q" + dice.one_of(flags)) +
          value + "\r\n";
    }
  }
  return requests;
}

class Round {
 public:
  Round(Server& server, const Settings& settings, Counts& counts, const Clock& clock)
      : server_(server), counts_(counts), kernel_(clock), before_(items_of(server)) {
    kernel_.forge(settings.forge_from, settings.forge_to);
    for (const auto& [key, item] : before_) {
      if (item) kernel_.fill(key, *item, kernel_.lease(key));
    }
  }

  std::string run(const Stream& stream, std::uint32_t short_sends) {
    std::string objection;
    {
      server_.expect_client();
      Client client(server_.path());
      server_.orders().short_sends = short_sends;
      for (const Piece& piece : stream) {
        // memcached reads no more from a connection that it has given away.
        is_deaf_ = !client.send(piece.bytes) || !server_.settle(client);
        if (is_deaf_) break;
        objection = piece.is_looked_at ? look() : show();
        client.discard();
        if (!objection.empty() || !kernel_.is_open()) break;
      }
      if (objection.empty()) objection = look();
      server_.orders().short_sends = 0;
    }
    if (is_deaf_ || !objection.empty()) return objection;
    server_.settle_close();
    objection = look();
    if (objection.empty() && !kernel_.is_open()) objection = kernel_.objection_to_end();
    if (kernel_.was_lost()) counts_.out_of_sync++;
    return objection;
  }

  bool is_deaf() const { return is_deaf_; }
  bool stood_still() const { return kernel_.was_lost() || host_state()->flushes > 0; }

 private:
  std::string show() {
    for (const Event& event : server_.events()) kernel_.show(event);
    return "";
  }

  std::string look() {
    std::map<std::string, bmc_lease> leases;
    for (const std::string& key : keys()) leases[key] = kernel_.lease(key);
    const Items items = items_of(server_);
    show();
    counts_.looks++;
    for (const auto& [key, item] : items) {
      const std::string objection = kernel_.objection(key, item);
      if (!objection.empty()) return "key \"" + key + "\": " + objection;
      judge_change(key, item);
    }
    for (const auto& [key, item] : items) {
      if (item && !kernel_.holds(key)) kernel_.fill(key, *item, leases[key]);
      was_held_[key] = kernel_.holds(key);
    }
    before_ = items;
    return "";
  }

  void judge_change(const std::string& key, const std::optional<Item>& item) {
    const bool has_changed = item != before_[key];
    if (has_changed) counts_.changes++;
    if (has_changed && kernel_.holds(key)) counts_.kept++;
    if (!has_changed && was_held_[key] && !kernel_.holds(key) && !stood_still()) counts_.needless++;
  }

  Server& server_;
  Counts& counts_;
  Kernel kernel_;
  Items before_;
  std::map<std::string, bool> was_held_;
  bool is_deaf_ = false;
};

}  // namespace

Verdict play(Server& server, const Stream& stream, std::uint64_t seed, const Settings& settings,
             Counts& counts) {
  Dice dice(seed);
  server.orders().short_sends = 0;
  server.ask(preparation(dice));
  const Clock before = clock_of(server);
  Round round(server, settings, counts, before);
  counts.streams++;
  counts.pieces += stream.size();
  for (const Piece& piece : stream) counts.bytes += piece.bytes.size();
  Verdict verdict;
  verdict.objection = round.run(stream, dice.percent(30) ? dice.below(1u << 30) | 1 : 0);
  verdict.is_spoilt = round.is_deaf() || !verdict.objection.empty();
  if (verdict.is_spoilt) return verdict;
  if (clock_of(server).flushes != before.flushes) {
    counts.flushes++;
    verdict.is_spoilt = true;
    if (verdict.objection.empty() && !round.stood_still())
      verdict.objection = "a flush has gone unnoticed";
  }
  return verdict;
}

}  // namespace bmc::differential

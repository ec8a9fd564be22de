// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memcached/settings.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace bmc {
namespace {

/// A setting that makes memcached's sockets unreadable to BMC, or its answers
/// something else than its items.
struct Obstacle {
  std::string_view setting;
  std::string_view value;
  std::string_view why;
  std::string_view hint;
};

constexpr std::array kObstacles{
    Obstacle{"ssl_enabled", "yes", "it speaks TLS, and writes cannot be followed",
             "run memcached without -Z, behind a TLS terminator"},
    Obstacle{"proxy_enabled", "yes", "it is a proxy, and keys are routed elsewhere",
             "put BMC in front of the servers behind the proxy"},
    Obstacle{"auth_enabled_sasl", "yes", "it demands SASL authentication",
             "run memcached without -S"},
    Obstacle{"auth_enabled_ascii", "yes", "it demands authentication", "run memcached without -Y"},
    Obstacle{"binding_protocol", "binary", "it takes the binary protocol only",
             "run memcached without -B binary"},
    Obstacle{"binding_protocol", "ascii", "it takes binary requests for text",
             "run memcached without -B ascii"},
};

/// Meta commands have their form since 1.6.0.
bool has_meta_commands(std::string_view version) {
  const auto major = parse_number<unsigned>(cut(version, '.'));
  const auto minor = parse_number<unsigned>(cut(version, '.'));
  return major && minor && (*major > 1 || (*major == 1 && *minor >= 6));
}

}  // namespace

Result<ServerFacts> judge_settings(const Stats& settings, const Stats& stats) {
  for (const Obstacle& obstacle : kObstacles) {
    if (settings.text(obstacle.setting) == obstacle.value) {
      return fail(fmt::format("cannot serve for this memcached: {}", obstacle.why), 0,
                  std::string(obstacle.hint));
    }
  }
  const std::string_view socket = settings.text("domain_socket");
  if (!socket.empty() && socket != "NULL") {
    return fail("cannot serve for this memcached: it listens on a Unix socket", 0,
                "run memcached without -s");
  }
  if (stats.has_prefix("extstore_")) {
    return fail("cannot serve for this memcached: it keeps items on disk (extstore)", 0,
                "run memcached without -o ext_path");
  }
  ServerFacts facts;
  facts.version = stats.text("version");
  if (!has_meta_commands(facts.version)) {
    return fail(fmt::format("memcached {} has no meta commands, which fills need", facts.version),
                0, "memcached 1.6 or later");
  }
  facts.workers = static_cast<unsigned>(settings.number("num_threads").value_or(0));
  if (facts.workers == 0) return fail("memcached does not tell how many threads it has");
  if (settings.text("cas_enabled") == "no") {
    facts.reservations.push_back(
        "memcached runs without CAS (-C): mg with the flag c is not served");
  }
  return facts;
}

}  // namespace bmc

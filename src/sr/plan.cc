// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sr/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <getopt.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace bmc::sr {
namespace {

// Which of memcached's options have a value decides which word is an option.
constexpr const char* kShortOptions = "a:Ap:s:U:m:Mc:khiVrvdl:u:P:f:n:t:D:LR:Cb:B:I:SFXWY:e:Zo:N:";

// The long ones that matter here.
constexpr std::array kLongOptions{
    option{"udp-port", required_argument, nullptr, 'U'},
    option{"threads", required_argument, nullptr, 't'},
    option{"listen", required_argument, nullptr, 'l'},
    option{"unix-socket", required_argument, nullptr, 's'},
    option{"version", no_argument, nullptr, 'V'},
    option{"license", no_argument, nullptr, 'i'},
    option{"help", no_argument, nullptr, 'h'},
    option{nullptr, 0, nullptr, 0},
};

bool has_comma(const std::string& text) {
  return text.find(',') != text.npos;
}

}  // namespace

Plan read_plan(const std::vector<std::string>& options) {
  std::vector<char*> words{const_cast<char*>("memcached")};
  for (const std::string& word : options) words.push_back(const_cast<char*>(word.c_str()));
  Plan plan;
  ::opterr = 0;
  ::optind = 0;  // from the beginning, even if it is not the first time
  int letter = 0;
  while ((letter = ::getopt_long(static_cast<int>(words.size()), words.data(), kShortOptions,
                                 kLongOptions.data(), nullptr)) != -1) {
    switch (letter) {
      case 'U':
        plan.uses_udp = std::atoi(::optarg) != 0;
        break;
      case 't':
        plan.threads = std::atoi(::optarg);
        break;
      case 'l':
        plan.addresses.emplace_back(::optarg);
        break;
      case 's':
        plan.uses_unix_socket = true;
        break;
      case 'V':
      case 'i':
      case 'h':
        plan.only_informs = true;
        break;
      default:
        break;
    }
  }
  return plan;
}

Result<void> check_plan(const Plan& plan) {
  if (plan.uses_unix_socket) {
    return fail("memcached listens on a Unix socket (-s), and so not over UDP", 0, "-U without -s",
                ExitCode::kUsage);
  }
  if (!plan.uses_udp) {
    return fail("memcached does not listen over UDP: there is no socket to give to each thread", 0,
                "-U 11211", ExitCode::kUsage);
  }
  // memcached joins several -l by commas, and then has one thread for the UDP of each address.
  if (plan.addresses.size() > 1 || std::ranges::any_of(plan.addresses, has_comma)) {
    std::string joined = fmt::format("{}", fmt::join(plan.addresses, ";"));
    std::ranges::replace(joined, ',', ';');
    return fail("memcached gives addresses that are separated by commas one thread each for UDP", 0,
                fmt::format("-l '{}'", joined), ExitCode::kUsage);
  }
  return {};
}

}  // namespace bmc::sr

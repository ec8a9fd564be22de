// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// `bmc bench`: declares the options of its four benchmarks and hands them over.
#include <fmt/core.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "base/units.h"
#include "bench/echo.h"
#include "bench/interrupt.h"
#include "bench/kernel_run.h"
#include "bench/load_run.h"
#include "cli/commands.h"

namespace bmc::cli {
namespace {

constexpr unsigned kOpenLoopOutstanding = 1024;

/// Where a benchmark's outcome and progress go.
struct Output {
  std::string json;
  bool progress = false;

  Result<void> print(const std::string& text, const std::string& json_text) const;
  bench::Progress reporter() const;
};

Result<void> Output::print(const std::string& text, const std::string& json_text) const {
  if (json == "-") {
    fmt::print("{}", json_text);
    return {};
  }
  fmt::print("{}", text);
  if (json.empty()) return {};
  std::ofstream file(json);
  file << json_text;
  if (!file.flush()) return fail("cannot write " + json, errno);
  return {};
}

bench::Progress Output::reporter() const {
  if (isatty(STDERR_FILENO)) {
    return [](const std::string& line) { fmt::print(stderr, "\r\033[K{}\r", line); };
  }
  if (progress) return [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  return [](const std::string&) {};
}

/// An option whose text @parse turns into a value.
template <typename T, typename Parse>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, T& value,
                        const std::string& help, const std::string& type, Parse parse) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, parse, name](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed) throw CLI::ValidationError(name, parsed.error().what);
            value = *parsed;
          },
          help)
      ->type_name(type);
}

/// "10s", "250ms"; a bare number counts seconds.
Result<std::chrono::nanoseconds> parse_seconds(const std::string& text) {
  const bool is_bare = text.find_first_not_of("0123456789.") == text.npos;
  return parse_duration(is_bare ? text + "s" : text);
}

Result<std::uint32_t> parse_count(const std::string& text) {
  std::uint32_t number = 0;
  if (CLI::detail::lexical_cast(text, number) && !text.starts_with('-')) return number;
  return fail("'" + text + "' is no number");
}

/// "100" or "20:500".
Result<bench::Range> parse_range(const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto low = parse_count(text.substr(0, colon));
  const auto high = colon == text.npos ? low : parse_count(text.substr(colon + 1));
  if (!low) return std::unexpected(low.error());
  if (!high) return std::unexpected(high.error());
  return bench::Range{*low, *high};
}

/// "90:10" gets to sets.
Result<double> parse_mix(const std::string& text) {
  const auto mix = parse_range(text);
  if (!mix) return std::unexpected(mix.error());
  if (text.find(':') == text.npos || mix->low + mix->high == 0) {
    return fail("'" + text + "' is no mix like 90:10");
  }
  return static_cast<double>(mix->low) / (static_cast<double>(mix->low) + mix->high);
}

/// One of two words.
template <typename T>
auto one_of(std::string a, T if_a, std::string b, T if_b) {
  return [=](const std::string& text) -> Result<T> {
    if (text == a) return if_a;
    if (text == b) return if_b;
    return fail("'" + text + "' is neither " + a + " nor " + b);
  };
}

CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::chrono::nanoseconds& value, const std::string& help) {
  return add_parsed(command, name, value, help, "TIME", parse_seconds);
}

template <typename Options>
void add_key_options(CLI::App& command, Options& o) {
  command.add_option("--keys", o.keys, "Number of keys")->capture_default_str()->group("Items");
  command.add_option("--key-bytes", o.key_bytes, "Length of every key")
      ->capture_default_str()
      ->group("Items");
  CLI::Option* zipf =
      command.add_option("--zipf", o.zipf, "Exponent of the Zipf distribution; key 0 is hottest")
          ->capture_default_str()
          ->group("Items");
  command.add_flag("--uniform", o.uniform, "All keys equally often")
      ->excludes(zipf)
      ->group("Items");
  command.add_flag("--preload", o.preload, "First store every key, over TCP")->group("Items");
  command.add_option("--seed", o.seed, "Of all random numbers")
      ->capture_default_str()
      ->group("Items");
}

template <typename Options>
void add_run_options(CLI::App& command, Options& o, Output& output) {
  command.add_option("--threads", o.threads, "Threads that send")
      ->capture_default_str()
      ->group("Run");
  command.add_option("--cpu", o.cpus, "CPUs to run them on, in turn: 0 or 0,1")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("Run");
  add_duration(command, "--seconds", o.duration, "How long to measure; 10s, 2m [10s]")
      ->group("Run");
  add_duration(command, "--warmup", o.warmup, "Run that long before measuring")->group("Run");
  add_duration(command, "--interval", o.interval, "Length of a slice of the series [1s]")
      ->group("Run");
  command.add_option("--json", output.json, "Write the outcome as JSON; - for standard output")
      ->type_name("FILE")
      ->group("Run");
  command.add_flag("--progress", output.progress, "A line per interval on standard error")
      ->group("Run");
}

void add_item_options(CLI::App& command, bench::LoadOptions& o) {
  add_key_options(command, o);
  add_parsed(command, "--value-bytes", o.value_bytes, "Length of the values, or a range [32]",
             "N|MIN:MAX", parse_range)
      ->group("Items");
  add_parsed(command, "--value-sizes", o.value_sizes,
             "Lengths and weights, 32:75,8192:25, or Facebook's ETC pool: etc", "N:WEIGHT,...|etc",
             bench::SizeModel::parse)
      ->excludes("--value-bytes")
      ->group("Items");
  add_parsed(command, "--ttl", o.ttl_s, "Time to live of sets in seconds, 0 for ever [0]",
             "N|MIN:MAX", parse_range)
      ->group("Items");
}

void add_mix_options(CLI::App& command, bench::LoadOptions& o) {
  CLI::Option* ratio = command.add_option("--get-ratio", o.get_ratio, "Share of gets, 0 to 1 [1]");
  ratio->group("Requests");
  add_parsed(command, "--mix", o.get_ratio, "The same as gets to sets: 90:10", "GET:SET", parse_mix)
      ->excludes(ratio)
      ->group("Requests");
  command.add_option("--multiget", o.multiget, "Keys in one get")
      ->capture_default_str()
      ->group("Requests");
  add_parsed(
      command, "--command", o.command, "What reads [get]", "get|mg",
      one_of<bench::GetCommand>("get", bench::GetCommand::kGet, "mg", bench::GetCommand::kMetaGet))
      ->group("Requests");
  command.add_flag("--noreply", o.noreply, "Sets ask for no answer")->group("Requests");
}

void add_loop_options(CLI::App& command, bench::LoadOptions& o) {
  command.add_option("--connections", o.connections, "TCP connections or UDP sockets, in all")
      ->capture_default_str()
      ->group("Load");
  const auto help = fmt::format("Requests under way on each of them [{}; at most {} with --rate]",
                                o.outstanding, kOpenLoopOutstanding);
  CLI::Option* outstanding =
      command.add_option("--outstanding", o.outstanding, help)->group("Load");
  command
      .add_option("--rate", o.rate, "Open loop: requests per second, timed from when they were due")
      ->group("Load");
  // What is due has to be sent: only a request that cannot be is held back.
  command.parse_complete_callback([&o, outstanding] {
    if (o.rate && outstanding->count() == 0) o.outstanding = kOpenLoopOutstanding;
  });
  add_duration(command, "--timeout", o.timeout, "When a UDP request counts as lost [200ms]")
      ->group("Load");
}

Result<void> run_load(const bench::LoadOptions& options, const Output& output) {
  auto plan = bench::LoadPlan::make(options, bench::stop_on_signals());
  if (!plan) return std::unexpected(plan.error());
  const auto report = bench::run_load(**plan, output.reporter());
  if (!report) return std::unexpected(report.error());
  if (auto printed = output.print(bench::to_text(*report), bench::to_json(*report)); !printed) {
    return printed;
  }
  if (const auto wrong = report->counts.wrong(); wrong != 0) {
    return fail(fmt::format("{} replies were wrong", wrong));
  }
  if (report->counts[bench::Counter::requests] == 0) {
    return fail("no request was answered by " + options.server, 0,
                options.gets == bench::Transport::kUdp
                    ? "memcached answers UDP only if it is started with -U PORT"
                    : "look at memcached's own log");
  }
  return {};
}

constexpr const char* kUdpHelp = "Load a server with gets over UDP, and sets over TCP or UDP";
constexpr const char* kUdpNotes = R"(
A closed loop keeps --connections times --outstanding requests under way; with --rate,
requests are sent at that rate whatever the server does. A lost request is counted, and
another one sent in its place.

Every value carries its key, a version and filler, and every reply is verified in full: a
value older than one whose set had been acknowledged before the get was sent is stale.
Wrong replies are described and make the exit status 1. Items that another program
stored, or two loads that write the same keys at a time, count as wrong.

Example: 10 seconds of 95:5 on 100 000 keys, after storing them all
  bmc bench udp 192.0.2.2:11211 --preload --keys 100000 --mix 95:5)";
constexpr const char* kTcpHelp = "Load a server with gets and sets over TCP";
constexpr const char* kTcpNotes = R"(
As `bmc bench udp`, which see, with both kinds of requests on the same connections,
pipelined if --outstanding is more than 1. Noreply sets are followed by a no-op (mn), so
that it is known when they are over. A connection that breaks is made again.

Example: 64 connections that take turns, half of the requests sets
  bmc bench tcp 192.0.2.2 --preload --mix 50:50 --connections 64)";

void add_load(CLI::App& bench, bench::Transport transport, Action& action) {
  const bool is_udp = transport == bench::Transport::kUdp;
  auto options = std::make_shared<bench::LoadOptions>();
  auto output = std::make_shared<Output>();
  options->gets = transport;
  options->sets = bench::Transport::kTcp;
  options->connections = is_udp ? 1 : 64;
  options->outstanding = is_udp ? 64 : 1;

  CLI::App* command = bench.add_subcommand(is_udp ? "udp" : "tcp", is_udp ? kUdpHelp : kTcpHelp);
  command->footer(is_udp ? kUdpNotes : kTcpNotes);
  command->add_option("SERVER", options->server, "HOST[:PORT], IPv4, IPv6 or a name")->required();
  add_loop_options(*command, *options);
  add_mix_options(*command, *options);
  if (is_udp) {
    add_parsed(
        *command, "--sets", options->sets, "How sets are sent [tcp]", "tcp|udp",
        one_of<bench::Transport>("tcp", bench::Transport::kTcp, "udp", bench::Transport::kUdp))
        ->group("Requests");
  }
  add_item_options(*command, *options);
  add_run_options(*command, *options, *output);
  command->callback([options, output, &action] {
    action = [options, output] { return run_load(*options, *output); };
  });
}

Result<void> run_kernel(const bench::KernelOptions& options, const Output& output) {
  const auto report = bench::run_kernel(options, bench::stop_on_signals(), output.reporter());
  if (!report) return std::unexpected(report.error());
  if (auto printed = output.print(bench::to_text(*report), bench::to_json(*report)); !printed) {
    return printed;
  }
  if (report->wrong != 0) {
    return fail(
        fmt::format("{} of {} verified replies were wrong", report->wrong, report->samples));
  }
  const auto& replies = report->replies;
  if (!report->slices.empty() && replies.values + replies.ends + replies.echoes == 0) {
    return fail("nothing answered", 0,
                "the server's end of the veth needs NAPI (an XDP program, or: ethtool -K IF gro "
                "on), the right --to-mac, and memcached on --port");
  }
  return {};
}

constexpr const char* kKernelHelp = "Send gets from inside the kernel, faster than sockets can";
constexpr const char* kKernelNotes = R"(
Frames are made by an XDP program that the kernel runs on the client's veth (live frames,
Linux 5.18), one thread per CPU; another XDP program there counts and drops the replies.
One value in 4096 is verified in full, so the items have to be those of `bmc bench`
(--preload here, or with the same --keys and --key-bytes there). Rates are medians over
the slices.

The server's end of the veth needs NAPI: an XDP program on it, or `ethtool -K IF gro on`;
for several threads both ends need a queue each: ip link add ... numrxqueues 2
numtxqueues 2. A veth's receive path runs on the sender's CPU, so client and server share
the time of that CPU.

Example: in the namespace of the client, whose veth is vc
  ip netns exec client bmc bench kernel -i vc --to 192.0.2.2 --preload)";

void add_kernel(CLI::App& bench, Action& action) {
  auto options = std::make_shared<bench::KernelOptions>();
  auto output = std::make_shared<Output>();
  CLI::App* command = bench.add_subcommand("kernel", kKernelHelp);
  command->footer(kKernelNotes);
  command->add_option("-i,--interface", options->interface, "The client's interface")
      ->required()
      ->group("Flow");
  command->add_option("--to", options->to, "The server's IPv4 address")->required()->group("Flow");
  command
      ->add_option("--to-mac", options->to_mac,
                   "The server's MAC address [from the neighbour table]")
      ->group("Flow");
  command->add_option("--from", options->from, "Our IPv4 address [the interface's]")->group("Flow");
  command->add_option("--port", options->port, "The server's port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str()
      ->group("Flow");
  auto ports = std::make_shared<bench::Range>(
      bench::Range{options->from_port_first, options->from_port_last});
  add_parsed(*command, "--from-port-range", *ports, "Our ports, taken in turn [40000]", "N|MIN:MAX",
             parse_range)
      ->group("Flow");
  add_key_options(*command, *options);
  command->add_flag("--single-key", options->single_key, "Only ever ask for key 0")->group("Items");
  command->add_option("--value-bytes", options->value_bytes, "Length of preloaded values")
      ->capture_default_str()
      ->group("Items");
  add_run_options(*command, *options, *output);
  command->callback([options, output, ports, &action] {
    action = [options, output, ports]() -> Result<void> {
      if (ports->low == 0 || ports->high > 65535) {
        return fail("no such ports", 0, "--from-port-range 1024:65535", ExitCode::kUsage);
      }
      options->from_port_first = static_cast<std::uint16_t>(ports->low);
      options->from_port_last = static_cast<std::uint16_t>(ports->high);
      return run_kernel(*options, *output);
    };
  });
}

constexpr const char* kEchoHelp = "Answer with the least work an XDP program can do: a yardstick";
constexpr const char* kEchoNotes = R"(
UDP datagrams for the port go back to where they came from, resized: nothing is parsed,
nothing looked up. So it shows what a cache could serve at most. Give it the size of the
cache's replies and load it with `bmc bench kernel`. It needs native XDP, runs until it is
interrupted, and then detaches.

Example: replies as large as those for 16-byte keys and 32-byte values
  ip netns exec server bmc bench echo -i vs --reply-bytes 76)";

void add_echo(CLI::App& bench, Action& action) {
  auto options = std::make_shared<bench::EchoOptions>();
  CLI::App* command = bench.add_subcommand("echo", kEchoHelp);
  command->footer(kEchoNotes);
  command->add_option("-i,--interface", options->interface, "The server's interface")->required();
  command->add_option("--port", options->port, "The port to answer for")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command
      ->add_option("--reply-bytes", options->reply_bytes,
                   "UDP payload of every answer, memcached's 8-byte frame included")
      ->required();
  add_parsed(*command, "--seconds", options->duration, "How long [until interrupted]", "TIME",
             parse_seconds);
  command->callback([options, &action] {
    action = [options]() -> Result<void> {
      const auto tell = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
      const auto echoes = bench::run_echo(*options, bench::stop_on_signals(), tell);
      if (!echoes) return std::unexpected(echoes.error());
      fmt::print("echoed {}, no room for {}\n", echoes->echoed, echoes->no_room);
      return {};
    };
  });
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* bench = app.add_subcommand("bench", "Measure a memcached server, with or without BMC");
  bench->require_subcommand(1);
  add_load(*bench, bench::Transport::kUdp, action);
  add_load(*bench, bench::Transport::kTcp, action);
  add_kernel(*bench, action);
  add_echo(*bench, action);
}

}  // namespace bmc::cli

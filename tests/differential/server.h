// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A memcached of one worker thread on a unix socket, with the recorder inside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record.h"

namespace bmc::differential {

struct Event {
  Happened what;
  int fd;
  std::int64_t result;
  std::uint64_t asked;
  std::vector<std::string> pieces;
};

/// The server has died, or does not answer as it should.
struct Gone {
  std::string what;
};

/// A stream socket to the server; one at a time, beside its control connection.
class Client {
 public:
  explicit Client(const std::string& path);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False: the other side has closed.
  bool send(std::string_view bytes);

  /// Reads on until the text received ends like this; throws Gone.
  std::string receive_until(std::string_view end);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

  /// Reads what there is, so that the server is never held up.
  void discard();

 private:
  int fd_;
  std::uint64_t bytes_sent_ = 0, bytes_received_ = 0;
};

class Server {
 public:
  Server();
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& path() const { return path_; }
  Orders& orders() { return *orders_; }

  /// The next connection is that of the client which is made then.
  void expect_client();

  /// Waits until memcached has read what @client has sent, or closed that
  /// connection, and has nothing left to do; throws Gone. False: it reads no more.
  bool settle(const Client& client);

  /// The same when the client has closed.
  void settle_close();

  /// Sends requests on the control connection, with mn behind them; returns
  /// the replies before MN, when memcached has nothing left to do.
  std::string ask(const std::string& requests);

  /// What has happened on other connections since the last call.
  std::vector<Event> events();

 private:
  void start(int pipe_end, int orders);
  std::string take(std::size_t bytes);
  std::optional<Event> next(int timeout_ms);
  void note(Event event);

  std::string path_;
  pid_t pid_ = -1;
  int pipe_ = -1;
  Orders* orders_ = nullptr;
  std::string unread_;  // of the pipe
  std::size_t at_ = 0;
  std::optional<Client> control_;
  int control_fd_ = -1;              // in the server
  std::uint64_t control_bytes_ = 0;  // that the server has sent there
  std::vector<Event> events_;
  std::uint64_t bytes_read_ = 0;  // from the client
  bool is_closed_ = true;         // its connection
};

}  // namespace bmc::differential

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bmc::differential {
namespace {

constexpr int kPatienceMs = 5000;  // a machine may be busy
constexpr int kMovesMs = 20;       // after so long, a poke

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

bool wait_readable(int fd, int timeout_ms) {
  pollfd poll_fd{fd, POLLIN, 0};
  return poll(&poll_fd, 1, timeout_ms) > 0;
}

int connect_to(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  for (int i = 0; i < kPatienceMs; i++) {
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
    usleep(1000);
  }
  die("connect to memcached");
}

}  // namespace

Client::Client(const std::string& path) : fd_(connect_to(path)) {}
Client::~Client() {
  close(fd_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    bytes_sent_ += static_cast<std::uint64_t>(n);
  }
  return true;
}

std::string Client::receive_until(std::string_view end) {
  std::string text;
  char buffer[16384];
  while (!text.ends_with(end)) {
    if (!wait_readable(fd_, kPatienceMs)) throw Gone{"no reply"};
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) throw Gone{"closed"};
    text.append(buffer, static_cast<std::size_t>(n));
    bytes_received_ += static_cast<std::uint64_t>(n);
  }
  return text;
}

void Client::discard() {
  char buffer[16384];
  while (recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT) > 0) {
  }
}

Server::Server() {
  static int servers;
  path_ = "/tmp/bmc-differential." + std::to_string(getpid()) + "." + std::to_string(servers++);
  int ends[2];
  if (pipe(ends) != 0) die("pipe");
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
  const int shared = memfd_create("orders", 0);
  if (shared < 0 || ftruncate(shared, sizeof(Orders)) != 0) die("memfd_create");
  orders_ = static_cast<Orders*>(
      mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));
  if (orders_ == MAP_FAILED) die("mmap");
  pipe_ = ends[0];
  start(ends[1], shared);
  close(ends[1]);
  close(shared);
  control_.emplace(path_);
  ask("");
}

void Server::start(int pipe_end, int shared) {
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) die("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) dup2(null, fd);
  setenv("LD_PRELOAD", BMC_RECORDER, 1);
  setenv(kPipeVariable, std::to_string(pipe_end).c_str(), 1);
  setenv(kOrdersVariable, std::to_string(shared).c_str(), 1);
  execlp("memcached", "memcached", "-u", "root", "-t", "1", "-m", "64", "-s", path_.c_str(),
         nullptr);
  _exit(127);
}

Server::~Server() {
  control_.reset();
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pipe_);
  munmap(orders_, sizeof(Orders));
  unlink(path_.c_str());
}

std::string Server::take(std::size_t bytes) {
  while (unread_.size() - at_ < bytes) {
    unread_.erase(0, at_);
    at_ = 0;
    if (!wait_readable(pipe_, kPatienceMs)) throw Gone{"silence"};
    char buffer[65536];
    const ssize_t n = read(pipe_, buffer, sizeof(buffer));
    if (n <= 0) throw Gone{"end"};
    unread_.append(buffer, static_cast<std::size_t>(n));
  }
  at_ += bytes;
  return unread_.substr(at_ - bytes, bytes);
}

std::optional<Event> Server::next(int timeout_ms) {
  if (at_ == unread_.size() && !wait_readable(pipe_, timeout_ms)) return {};
  Record record;
  std::memcpy(&record, take(sizeof(record)).data(), sizeof(record));
  Event event{record.what, record.fd, record.result, record.asked, {}};
  for (std::uint32_t i = 0; i < record.pieces; i++) {
    std::uint32_t length;
    std::memcpy(&length, take(sizeof(length)).data(), sizeof(length));
    event.pieces.push_back(take(length));
  }
  return event;
}

void Server::expect_client() {
  events_.clear();
  bytes_read_ = 0;
  is_closed_ = false;
}

void Server::note(Event event) {
  if (event.what == Happened::kRead && event.result > 0) {
    bytes_read_ += static_cast<std::uint64_t>(event.result);
  }
  if (event.what == Happened::kClose) is_closed_ = true;
  events_.push_back(std::move(event));
}

bool Server::settle(const Client& client) {
  const auto has_taken_all = [&] { return is_closed_ || bytes_read_ == client.bytes_sent(); };
  const bool is_new = bytes_read_ == 0;
  for (;;) {
    std::optional<Event> event = next(is_new ? kPatienceMs : kMovesMs);
    if (!event) {
      // All that it would read before the control connection is read then.
      ask("");
      return has_taken_all();
    }
    if (event->what != Happened::kIdle) {
      note(std::move(*event));
    } else if (has_taken_all()) {
      return true;
    }
  }
}

void Server::settle_close() {
  while (!is_closed_) {
    std::optional<Event> event = next(kPatienceMs);
    if (!event) throw Gone{"never closed"};
    if (event->what != Happened::kIdle) note(std::move(*event));
  }
  ask("");
}

std::string Server::ask(const std::string& requests) {
  control_->send(requests + "mn\r\n");
  std::string replies = control_->receive_until("MN\r\n");
  // The end that counts is the one behind the last of the replies.
  for (bool is_over = false; !is_over;) {
    std::optional<Event> event = next(kPatienceMs);
    if (!event) throw Gone{"never idle"};
    if (event->what == Happened::kAccept && control_fd_ < 0) control_fd_ = event->fd;
    if (event->what == Happened::kIdle) {
      is_over = control_bytes_ == control_->bytes_received();
    } else if (event->fd != control_fd_) {
      note(std::move(*event));
    } else if (event->what == Happened::kSend && event->result > 0) {
      control_bytes_ += static_cast<std::uint64_t>(event->result);
    }
  }
  replies.resize(replies.size() - 4);
  return replies;
}

std::vector<Event> Server::events() {
  return std::exchange(events_, {});
}

}  // namespace bmc::differential

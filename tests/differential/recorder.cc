// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A library that is preloaded into memcached and writes down, in order, what
// it reads and sends on its connections: the very calls at which the tap's
// programs run. On order it makes sends short, as a full socket would. With a
// file instead of a pipe it writes what was read, which bmc_stream_judge judges.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "record.h"

namespace {

using namespace bmc::differential;

constexpr int kFiles = 1024;
constexpr std::size_t kPieces = 1024;
constexpr std::size_t kSendMax = 4096;  // of a send that is kept: the tap looks at less

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
int pipe_end = -1;
Orders no_orders;
Orders* orders = &no_orders;
bool only_reads;
bool is_connection[kFiles];
thread_local bool reads_connections;

__attribute__((constructor)) void begin() {
  if (const char* path = getenv(kFileVariable)) {
    only_reads = true;
    pipe_end = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (pipe_end < 0) abort();
    return;
  }
  const char* pipe = getenv(kPipeVariable);
  const char* shared = getenv(kOrdersVariable);
  if (!pipe || !shared) abort();
  pipe_end = atoi(pipe);
  void* memory = mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(shared), 0);
  if (memory == MAP_FAILED) abort();
  orders = static_cast<Orders*>(memory);
}

bool is_ours(int fd) {
  return fd >= 0 && fd < kFiles && is_connection[fd];
}

/// Of one record at a time, under the mutex.
std::size_t filled;
char buffer[1 << 20];

void put(const void* data, std::size_t bytes) {
  if (bytes > sizeof(buffer) - filled) abort();
  memcpy(buffer + filled, data, bytes);
  filled += bytes;
}

void write_out() {
  for (std::size_t at = 0; at < filled;) {
    const long n = syscall(SYS_write, pipe_end, buffer + at, filled - at);
    if (n <= 0) _exit(1);  // nobody listens any more
    at += static_cast<std::size_t>(n);
  }
  filled = 0;
}

/// @bytes: how many of those of the pieces are written.
void note(Happened what, int fd, std::int64_t result, std::uint64_t asked, const iovec* pieces,
          std::size_t count, std::size_t bytes) {
  if (only_reads && (what == Happened::kSend || what == Happened::kIdle)) return;
  if (only_reads && what == Happened::kRead && result <= 0) return;
  const Record record{what,
                      fd,
                      result,
                      asked,
                      static_cast<std::uint32_t>(count),
                      static_cast<std::uint32_t>(bytes)};
  pthread_mutex_lock(&mutex);
  put(&record, sizeof(record));
  for (std::size_t i = 0, left = bytes; i < count; i++) {
    const auto length =
        static_cast<std::uint32_t>(pieces[i].iov_len < left ? pieces[i].iov_len : left);
    put(&length, sizeof(length));
    put(pieces[i].iov_base, length);
    left -= length;
  }
  write_out();
  pthread_mutex_unlock(&mutex);
}

/// What the next library would have done.
template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int accepted(int fd) {
  if (fd >= kFiles) abort();
  if (fd >= 0) {
    is_connection[fd] = true;
    note(Happened::kAccept, fd, 0, 0, nullptr, 0, 0);
  }
  return fd;
}

/// How many bytes a send may take.
std::size_t allowed(std::size_t bytes) {
  std::uint32_t seed = orders->short_sends;
  if (!seed || bytes < 2) return bytes;
  seed = seed * 1664525 + 1013904223;
  orders->short_sends = seed | 1;
  return (seed >> 8) % 4 == 0 ? 1 + (seed >> 10) % (bytes - 1) : bytes;
}

}  // namespace

extern "C" {

int accept(int fd, sockaddr* address, socklen_t* bytes) {
  static auto* call = next<decltype(accept)>("accept");
  return accepted(call(fd, address, bytes));
}

int accept4(int fd, sockaddr* address, socklen_t* bytes, int flags) {
  static auto* call = next<decltype(accept4)>("accept4");
  return accepted(call(fd, address, bytes, flags));
}

ssize_t read(int fd, void* buffer, std::size_t bytes) {
  const long n = syscall(SYS_read, fd, buffer, bytes);
  if (!is_ours(fd)) return n;
  reads_connections = true;
  const iovec piece{buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  note(Happened::kRead, fd, n, bytes, &piece, 1, piece.iov_len);
  return n;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* call = next<decltype(sendmsg)>("sendmsg");
  if (!is_ours(fd)) return call(fd, message, flags);
  std::size_t asked = 0;
  for (std::size_t i = 0; i < message->msg_iovlen; i++) asked += message->msg_iov[i].iov_len;
  const std::size_t take = allowed(asked);
  iovec pieces[kPieces];
  msghdr cut = *message;
  std::size_t left = take;
  if (message->msg_iovlen > kPieces) abort();
  cut.msg_iov = pieces;
  for (std::size_t i = 0; i < message->msg_iovlen; i++) {
    pieces[i] = message->msg_iov[i];
    if (pieces[i].iov_len > left) pieces[i].iov_len = left;
    left -= pieces[i].iov_len;
  }
  const ssize_t n = call(fd, &cut, flags);
  note(Happened::kSend, fd, n, asked, message->msg_iov, message->msg_iovlen,
       asked < kSendMax ? asked : kSendMax);
  return n;
}

int close(int fd) {
  if (is_ours(fd)) {
    note(Happened::kClose, fd, 0, 0, nullptr, 0, 0);
    is_connection[fd] = false;
  }
  return static_cast<int>(syscall(SYS_close, fd));
}

int epoll_wait(int fd, epoll_event* events, int room, int timeout) {
  static auto* call = next<decltype(epoll_wait)>("epoll_wait");
  if (reads_connections) {
    const int ready = call(fd, events, room, 0);
    if (ready != 0) return ready;
    note(Happened::kIdle, 0, 0, 0, nullptr, 0, 0);
  }
  return call(fd, events, room, timeout);
}

}  // extern "C"

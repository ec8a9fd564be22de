// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/connection.h"

#include <cerrno>
#include <cstdlib>

#include "host/serve.h"

namespace bmc::host {

WriteLog::WriteLog(std::uint32_t buckets) : opens_(buckets) {
  host_on_unlock(unlocked, this);
}
WriteLog::~WriteLog() {
  host_on_unlock(nullptr, nullptr);
}

void WriteLog::unlocked(const void* lock, void* context) {
  auto& log = *static_cast<WriteLog*>(context);
  for (std::uint32_t i = 0; i < log.opens_.size(); i++) {
    if (&host_bucket(i)->lock != lock) continue;
    const std::uint32_t opens = host_bucket(i)->opens;
    if (opens > log.opens_[i]) log.begun_.push_back(i);
    log.opens_[i] = opens;
    return;
  }
}

Connection::~Connection() {
  host_socket_release(socket_);
}

void Connection::received(std::string_view data, std::uint64_t asked) {
  host_socket_read(socket_, data.data(), static_cast<std::uint32_t>(data.size()), asked);
}

void Connection::received(std::string_view data, std::uint64_t asked, host_call call, int flags) {
  host_socket_received(socket_, call, data.data(), static_cast<int>(data.size()), asked, flags);
}

void Connection::failed(host_call call) {
  host_socket_received(socket_, call, "", -EAGAIN, 0, 0);
}

void Connection::sent(std::span<const std::string> pieces, std::uint32_t bytes) {
  std::vector<iovec> vectors;
  for (const std::string& piece : pieces) {
    vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
  }
  host_socket_sent(socket_, vectors.data(), static_cast<std::uint32_t>(vectors.size()), bytes);
}

host_conn Connection::look() const {
  host_conn view{};
  if (!host_conn_look(socket_, &view)) std::abort();
  return view;
}

}  // namespace bmc::host

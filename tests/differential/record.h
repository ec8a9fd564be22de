// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the recorder inside memcached writes to its pipe, one record an event:
// the header, then of each piece its length and its bytes. Or to a file: then
// only of kAccept, of each kRead that returned bytes, and of kClose.
#pragma once

#include <cstdint>

namespace bmc::differential {

enum class Happened : std::uint32_t {
  kAccept,  // a connection came
  kRead,    // read(2) on it has returned, maybe with an error
  kSend,    // sendmsg(2) on it has returned
  kClose,   // close(2) of it is about to begin
  kIdle,    // a thread that reads connections is about to sleep
};

struct Record {
  Happened what;
  std::int32_t fd;
  std::int64_t result;
  std::uint64_t asked;   // bytes that the call would have taken
  std::uint32_t pieces;  // of the message, each behind a std::uint32_t
  std::uint32_t bytes;   // of all pieces
};

// Shared memory by which the recorder is told what to do.
struct Orders {
  std::uint32_t short_sends;  // seed: some sends take a part only; 0: none does
};

// Environment variables with the numbers of the open files.
inline constexpr char kPipeVariable[] = "BMC_RECORDER_PIPE";
inline constexpr char kOrdersVariable[] = "BMC_RECORDER_ORDERS";
// Instead of both, the path of the file.
inline constexpr char kFileVariable[] = "BMC_RECORDER_FILE";

}  // namespace bmc::differential

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What memcached-sr was asked for, as it tells this library by the environment. All is
// read while memcached starts.
#pragma once

namespace bmc::sr {

inline constexpr const char* kSteerVariable = "MEMCACHED_SR_STEER";  ///< "cpu"
inline constexpr const char* kPinVariable = "MEMCACHED_SR_PIN";      ///< "1"
inline constexpr const char* kTcpVariable = "MEMCACHED_SR_TCP";      ///< "1"

/// Datagrams go to the worker of the CPU that received them.
bool is_steering() noexcept;

/// Each worker stays on its CPU; steering needs that.
bool is_pinning() noexcept;

/// Others may bind the TCP port, too.
bool is_sharing_tcp() noexcept;

}  // namespace bmc::sr

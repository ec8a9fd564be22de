// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Asio's own code, compiled once (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>

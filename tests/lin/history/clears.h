// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What empties every key at once, as the checker wants it: from a moment to a moment.
#pragma once

#include <istream>

#include "history/op.h"

namespace bmc::lin {

/// Turns each delayed flush into a remove that is done somewhere between its invocation and its
/// answer plus its delay and memcached's clock slack. One that another flush or the end of
/// memcached may have cancelled (memcached keeps one such time only) becomes nothing.
void settle_delayed_flushes(History& history);

/// Adds the ends of memcached, which empty it: lines of two times, "<from> <to>", in ns of
/// CLOCK_MONOTONIC. Its CAS uniques begin anew then, and one of before may come again: what a cas
/// that was stored since has proved of an older value becomes nothing. False if lines are not of
/// that form.
bool add_clears(History& history, std::istream& lines, std::uint8_t command);

}  // namespace bmc::lin

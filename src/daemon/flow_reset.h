// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ends TCP connections that cannot be translated any more.
#pragma once

#include <vector>

#include "bpf/flows.h"

namespace bmc {

/// The flows that are open and translated.
std::vector<Flow> translated_flows(int flows_map);

/// Call it while they can still be told in numbers that the clients understand, and wait for the
/// clients to return before a clsact is removed. A connection that is gone already is as good as
/// reset; one that cannot be reset must be translated on: the rest of its bytes would be taken
/// for others.
Result<void> reset_connections(const std::vector<Flow>& flows);

/// Clients whose connections were reset connect again at once. The kernel takes an interface's
/// queue away for a moment when its clsact goes, and what it sends then is lost: of a new
/// connection that is the SYN-ACK, which comes again after a second only.
void let_clients_return();

}  // namespace bmc

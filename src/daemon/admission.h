// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Tells the kernel side who is answered (I10) and for which addresses (I12).
// Every change moves the admission generation, which makes serve forget what it
// remembers.
#pragma once

#include <vector>

#include "bpf/kernel_side.h"
#include "net/interface.h"
#include "net/sockets.h"

namespace bmc {

/// The addresses of this host at which datagrams reach these sockets.
std::vector<Address> served_addresses(const std::vector<Socket>& udp,
                                      const std::vector<LocalAddress>& local);

/// IPv6 networks around ::ffff:0:0/96, in which IPv4 is mapped, without it: who says ::/0 has
/// not named IPv4. Each such network becomes those beside that range.
std::vector<bmc_client> leave_out_mapped_ipv4(const std::vector<bmc_client>& clients);

class Admission {
 public:
  explicit Admission(const KernelSide& kernel) : kernel_(kernel) {}

  Result<void> set_clients(const std::vector<bmc_client>& clients);
  void set_sockets(std::vector<Socket> udp) { udp_ = std::move(udp); }

  /// Looks at this host's addresses again.
  Result<void> refresh();

  const std::vector<Address>& addresses() const { return addresses_; }

 private:
  const KernelSide& kernel_;
  std::vector<Socket> udp_;
  std::vector<Address> addresses_;
};

/// Makes serve look up again whom it remembers as admitted.
void forget_admissions(const KernelSide& kernel);

}  // namespace bmc

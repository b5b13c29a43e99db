// SPDX-License-Identifier: Apache-2.0
// Networks that a requirement takes callers from: "192.0.2.0/24", "2001:db8::/32", or an address,
// which is a network of its own.
#pragma once

#include <string_view>

#include "auth/base/ip_address.h"
#include "auth/base/result.h"

namespace auth {

// The mistake follows the text: "has bits set behind its length: write net:192.0.2.0/24".
[[nodiscard]] Result<IpPrefix, Mistake> parse_network(std::string_view text);

// Returns whether the client is in the network. A text that is no IP address is in no network (a
// Unix socket's client, an empty text). An IPv4 address is only in networks of IPv4, however either
// is spelt; a zone ("fe80::1%eth0") is ignored.
[[nodiscard]] bool is_in_network(std::string_view client, const IpPrefix& network) noexcept;

}  // namespace auth

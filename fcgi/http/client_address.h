// SPDX-License-Identifier: Apache-2.0
// ClientAddress: whose request it is, by IP address.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/ip_address.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class ClientAddress {
 public:
  // The caller of the web server (REMOTE_ADDR).
  ClientAddress() = default;
  // For a server behind proxies: a header that contains addresses, such as X-Forwarded-For, and the
  // proxies that are trusted to send it.
  ClientAddress(std::string_view header, std::vector<auth::IpPrefix> trusted_proxies);

  // The address, as text, which lives as long as the request; empty if nobody tells.
  //
  // Each proxy adds whom it was called by at the right end. So the last address that is no trusted
  // proxy's is the client's: what stands to the left of it, the client may have made up. Where that
  // place holds no address, the request counts as the proxy's that wrote it.
  [[nodiscard]] std::string_view of(const Request& request) const { return find(request).address; }

  // The same for who must know it: empty where the request came from a proxy that does not tell
  // whose it is. That it is the proxy's own, nobody has said.
  [[nodiscard]] std::string_view certain(const Request& request) const;

  // Whether a trusted proxy has sent the header, so that it was looked at.
  [[nodiscard]] bool is_told_by_proxy(const Request& request) const;

 private:
  struct Found {
    std::string_view address;
    bool is_certain;
  };
  [[nodiscard]] Found find(const Request& request) const;
  [[nodiscard]] bool is_trusted(std::string_view address) const noexcept;

  std::string variable_{};  // empty: no header counts
  std::vector<auth::IpPrefix> trusted_{};
};

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
// ClientAddress: finds the IP address of the client of a request.
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
  // Uses the address of the web server's caller (REMOTE_ADDR).
  ClientAddress() = default;
  // For a server behind proxies: a header that contains addresses, such as X-Forwarded-For, and the
  // proxies that are trusted to send it.
  ClientAddress(std::string_view header, std::vector<auth::IpPrefix> trusted_proxies);

  // Returns the address, as text, which lives as long as the request; empty if nobody reports it.
  //
  // Each proxy adds the address of its caller at the right end. So the last address that is not a
  // trusted proxy's is the client's: the client may have made up what is to the left of it. If
  // there is no valid address at that place, the request counts as one of the proxy that wrote it.
  // If the header came several times, it is only used if the web server is nginx.
  [[nodiscard]] std::string_view of(const Request& request) const { return find(request).address; }

  // The same, but certain: empty if the request came from a proxy that does not report whose it is.
  // Nobody has said that it is the proxy's own request.
  [[nodiscard]] std::string_view certain(const Request& request) const;

  // Whether a trusted proxy has sent the header, once and not empty, or several times. Then
  // certain returns what it says.
  [[nodiscard]] bool is_told_by_proxy(const Request& request) const;

 private:
  struct Found {
    std::string_view address;
    bool is_certain;
  };
  [[nodiscard]] Found find(const Request& request) const;
  [[nodiscard]] bool is_trusted(std::string_view address) const noexcept;

  std::string variable_{};  // empty: no header is used
  std::vector<auth::IpPrefix> trusted_{};
};

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
// SiteOrigin: whether a request that a browser sends, with the cookies that it always sends, was
// made by this site itself and not by another one in the user's name (cross-site request forgery,
// and its like with WebSockets).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fcgi/http/request.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class SiteOrigin {
 public:
  // others: origins that may do what this site may; "*" names none.
  explicit SiteOrigin(std::vector<std::string> others = {}) : others_(std::move(others)) {}

  // Whether the request is GET, HEAD or OPTIONS, nothing in it turns that into another method, and
  // it is no handshake of a WebSocket, by which a page of another site could read and write in the
  // user's name.
  [[nodiscard]] static bool is_safe(const Request& request);

  // Whether it is such a handshake. No script can make a browser send the header of a handshake
  // with anything else.
  [[nodiscard]] static bool opens_websocket(const Request& request);

  // Whether all that the browser says of where it comes from, in Origin (RFC 6454 §7) and
  // Sec-Fetch-Site (W3C Fetch Metadata), speaks for this site, or for one of the others. False if
  // it says nothing.
  [[nodiscard]] bool is_own(const Request& request) const;

 private:
  [[nodiscard]] bool is_of_others(std::string_view origin) const;

  std::vector<std::string> others_;
};

}  // namespace fcgi

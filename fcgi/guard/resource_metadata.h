// SPDX-License-Identifier: Apache-2.0
// ResourceMetadata: tells clients where to get a token for this API (RFC 9728).
#pragma once

#include <string>
#include <string_view>

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class ResourceMetadata {
 public:
  // resource: this API's own URL, as parse_url of auth/zitadel/url.h takes it; empty: there is no
  // metadata. issuer: where to get tokens. scopes: those to ask for there, separated by blanks.
  ResourceMetadata(std::string_view resource, std::string_view issuer, std::string_view scopes);

  // Returns the URL of the document (RFC 9728 §3.1); empty if there is none.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  // Whether the web server has mounted the program at /.well-known/oauth-protected-resource and the
  // request came there. No endpoint is to be found below that path.
  [[nodiscard]] static bool is_asked(const Request& request) noexcept;

  // Returns the document (RFC 9728 §3.2), or 404 or 405.
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  std::string url_{};
  std::string resource_path_{};  // of the resource, empty for "/"
  std::string document_{};
};

}  // namespace fcgi

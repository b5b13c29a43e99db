// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/resource_metadata.h"

#include <algorithm>

#include "auth/base/json.h"

namespace fcgi {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";

std::string document_of(std::string_view resource, std::string_view issuer,
                        std::string_view scopes) {
  std::string document = "{\"resource\": " + auth::json_quote(resource) +
                         ", \"authorization_servers\": [" + auth::json_quote(issuer) +
                         "], \"bearer_methods_supported\": [\"header\"], \"scopes_supported\": [";
  for (std::size_t begin = 0; begin < scopes.size();) {
    const std::size_t end = std::min(scopes.find(' ', begin), scopes.size());
    if (begin > 0) document += ", ";
    document += auth::json_quote(scopes.substr(begin, end - begin));
    begin = end + 1;
  }
  return document + "]}";
}

}  // namespace

ResourceMetadata::ResourceMetadata(std::string_view resource, std::string_view issuer,
                                   std::string_view scopes) {
  if (resource.empty()) return;
  const std::size_t path_begins = resource.find('/', resource.find("://") + 3);
  const std::string_view origin = resource.substr(0, path_begins);
  std::string_view path = path_begins == resource.npos ? "" : resource.substr(path_begins);
  if (path == "/") path = "";
  resource_path_ = path;
  url_ = std::string(origin).append(kWellKnown).append(path);
  document_ = document_of(resource, issuer, scopes);
}

bool ResourceMetadata::is_asked(const Request& request) noexcept {
  return request.variable("SCRIPT_NAME") == kWellKnown;
}

Response ResourceMetadata::answer(const Request& request) const {
  if (url_.empty() || request.path_info() != resource_path_) {
    return error_response(404, "not_found", "there is nothing at this path");
  }
  if (request.method() == "GET" || request.method() == "HEAD") return json_response(200, document_);
  return method_not_allowed("GET, HEAD");
}

}  // namespace fcgi

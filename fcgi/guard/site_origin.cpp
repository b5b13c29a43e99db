// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/site_origin.h"

#include <algorithm>
#include <optional>

#include "auth/base/text.h"
#include "fcgi/guard/request_methods.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

constexpr std::string_view kHttp = "http://", kHttps = "https://";

bool is_safe_method(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// If TLS ends in front of the web server, this program cannot know it.
bool is_known_as_https(const Request& request) {
  const std::string https = auth::lower_case(request.variable("HTTPS"));
  return https == "on" || https == "1" || request.variable("REQUEST_SCHEME") == "https";
}

// "https://example.org" of a request for the host "example.org" or "example.org:443".
bool is_of_host(std::string_view origin, std::string_view host, bool over_https) {
  const bool is_https = origin.starts_with(kHttps);
  if (!is_https && (over_https || !origin.starts_with(kHttp))) return false;
  const std::string authority = auth::lower_case(origin.substr((is_https ? kHttps : kHttp).size()));
  const std::string asked = auth::lower_case(host);
  return !authority.empty() &&
         (asked == authority || asked == authority + (is_https ? ":443" : ":80"));
}

}  // namespace

bool SiteOrigin::opens_websocket(const Request& request) {
  // RFC 6455 §4.1. Apache shows its authorizers no Upgrade.
  return !request.variable("HTTP_SEC_WEBSOCKET_KEY").empty();
}

bool SiteOrigin::is_safe(const Request& request) {
  const auto target = request_target(request.variable("REQUEST_URI"));
  const auto methods =
      request_methods(request, target ? target->query : request.variable("QUERY_STRING"));
  if (!methods || !is_safe_method(methods->own)) return false;
  if (!std::all_of(methods->overrides.begin(), methods->overrides.end(), is_safe_method)) {
    return false;
  }
  // A browser sends these with every handshake, and with nothing else.
  bool is_handshake = !request.variable("HTTP_UPGRADE").empty();
  request.for_each("HTTP_SEC_WEBSOCKET_", [&](auto, auto) { is_handshake = true; });
  return !is_handshake;
}

bool SiteOrigin::is_own(const Request& request) const {
  const std::vector<std::string_view> origins = request.variables("HTTP_ORIGIN");
  const std::vector<std::string_view> sites = request.variables("HTTP_SEC_FETCH_SITE");
  if (origins.size() > 1 || sites.size() > 1) return false;
  const bool says_same = !sites.empty() && sites[0] == "same-origin";
  // A page also sends "null" to its own site if its Referrer-Policy does not reveal the origin.
  if (origins.empty() || origins[0] == "null") return says_same;
  if (is_of_others(origins[0])) return true;
  const std::vector<std::string_view> hosts = request.variables("HTTP_HOST");
  if (hosts.size() != 1 || !is_of_host(origins[0], hosts[0], is_known_as_https(request))) {
    return false;
  }
  return sites.empty() || says_same;
}

bool SiteOrigin::is_of_others(std::string_view origin) const {
  return origin != "*" && std::find(others_.begin(), others_.end(), origin) != others_.end();
}

}  // namespace fcgi

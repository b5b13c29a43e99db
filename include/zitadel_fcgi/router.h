// SPDX-License-Identifier: Apache-2.0
/// @file
/// Router: the endpoints of a program, each with its path and with what it requires of a caller.
#ifndef ZITADEL_FCGI_ROUTER_H
#define ZITADEL_FCGI_ROUTER_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "zitadel_auth/claims.h"
#include "zitadel_auth/requirement.h"
#include "zitadel_auth/result.h"
#include "zitadel_fcgi/request.h"
#include "zitadel_fcgi/responder.h"
#include "zitadel_fcgi/response.h"

namespace zitadel_fcgi {

/// Makes the response to a caller that was let in. The claims of a public endpoint are empty.
///
/// Called by several threads at once. Must not block: others wait behind it. Request and claims
/// live as long as the call. An exception is logged and answered with 500.
using Handler = std::function<Response(const Request&, const zitadel_auth::Claims&)>;

/// Takes the request of a caller that was let in, and answers it now or later, on any thread.
///
/// Called by several threads at once. Must not block: do slow work on a thread of its own. An
/// exception is logged.
using LaterHandler = std::function<void(Responder)>;

/// One path, and what answers there.
struct Endpoint {
  std::string path{};                  ///< Equals PATH_INFO byte by byte: "/private".
  std::vector<std::string> methods{};  ///< "GET" brings HEAD along; OPTIONS is always answered.
  zitadel_auth::Requirement requirement{};  ///< What it asks of a caller.
  Handler handler{};                        ///< This or `later` is set.
  LaterHandler later{};                     ///< This or `handler` is set.
};

/// Maps PATH_INFO and method to an endpoint. Filled by one thread, then immutable.
///
/// An endpoint is there for one path and for the methods that it names, and no program behind it
/// reads the request again: the web server has decoded and folded PATH_INFO, any other spelling of
/// it is unknown, and a header that asks for another method or path has no effect.
class Router {
 public:
  /// Adds an endpoint. The requirement is written as in zitadel_auth/requirement.h: "public",
  /// "token", "role:reports.read or role:admin".
  ///
  /// A mistake (a requirement that does not parse, a path that does not begin with '/' or is there
  /// already, no method, OPTIONS or anything but capital letters as a method, no handler) is kept,
  /// and the endpoint is not: with a mistake, run() does not start.
  void add(std::string path, std::vector<std::string> methods, std::string_view requirement,
           Handler handler);
  /// The same for an endpoint that may answer later.
  void add(std::string path, std::vector<std::string> methods, std::string_view requirement,
           LaterHandler handler);

  /// Mistakes in what was added, as whole sentences.
  [[nodiscard]] const zitadel_auth::Mistakes& mistakes() const noexcept { return mistakes_; }

  /// The endpoints, in the order in which they were added.
  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }

  /// Returns the endpoint, which lives as long as the router, or the response if no endpoint is to
  /// answer: 404, 405 with Allow, 204 with Allow for OPTIONS (RFC 9110 §15.5.6, §9.3.7).
  [[nodiscard]] zitadel_auth::Result<const Endpoint*, Response> find(const Request& request) const;

 private:
  void add(Endpoint endpoint, std::string_view requirement);

  std::vector<Endpoint> endpoints_{};
  zitadel_auth::Mistakes mistakes_{};
};

}  // namespace zitadel_fcgi

#endif

// Router: PATH_INFO and method → endpoint.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

namespace fcgi {

// Makes the response of a caller that was let in. The claims of a public endpoint are empty.
// Called by several threads at once.
using Handler = std::function<Response(const Request&, const auth::Claims&)>;

struct Endpoint {
  std::string path;                  // of PATH_INFO, to the byte: "/private"
  std::vector<std::string> methods;  // "GET" brings HEAD along; OPTIONS is always answered
  auth::Requirement requirement;
  Handler handler;
};

// Filled by one thread, then immutable.
//
// An endpoint is there for one path and for the methods that it names, and nothing behind it reads
// the request again: PATH_INFO comes decoded and folded by the web server, any other spelling of it
// is unknown, and a header that asks for another method or path is without effect.
class Router {
 public:
  // The requirement is written as in auth/token/requirement.h. Programming errors, reported as
  // std::logic_error: a requirement that does not parse, a path that does not begin with '/' or is
  // there already, no method, OPTIONS or anything but capital letters as a method, no handler.
  void add(std::string path, std::vector<std::string> methods, std::string_view requirement,
           Handler handler);

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }

  // The endpoint, which lives as long as the router; or the response that settles the request
  // without one: 404, 405 with Allow, 204 with Allow for OPTIONS.
  [[nodiscard]] auth::Result<const Endpoint*, Response> find(const Request& request) const;

 private:
  std::vector<Endpoint> endpoints_;
};

}  // namespace fcgi

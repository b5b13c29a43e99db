// SPDX-License-Identifier: Apache-2.0
// The paths of echo.fcgi: api.fcgi with endpoints that tell their caller who it is, give back what
// it sent, or more than a socket holds.
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

#include "auth/base/json.h"
#include "fcgi/routes.h"

namespace fcgi {
namespace {

constexpr std::size_t kLargeBytes = 5'000'000;
constexpr std::chrono::milliseconds kHang{3500};

Response subject(const Request& request, const auth::Claims& claims) {
  return json_response(
      200, "{\"subject\": " + auth::json_quote(claims.subject()) +
               ", \"query\": " + auth::json_quote(request.variable("QUERY_STRING")) + "}");
}

// 413 for a body that was too long to be kept, as an endpoint has to answer that needs all of it.
Response echo(const Request& request, const auth::Claims&) {
  if (!request.body()) {
    return error_response(413, "content_too_large", "the body is longer than 64 KiB");
  }
  return {200, {{"Content-Type", "application/octet-stream"}}, std::string(*request.body())};
}

Response large(const Request&, const auth::Claims&) {
  std::string body;
  body.reserve(kLargeBytes);
  while (body.size() < kLargeBytes) body += "0123456789";
  return {200, {{"Content-Type", "text/plain"}}, body};
}

// Keeps its request thread busy, as no endpoint may.
Response hang(const Request&, const auth::Claims&) {
  std::this_thread::sleep_for(kHang);
  return {200, {{"Content-Type", "text/plain"}}, ""};
}

}  // namespace

Router routes() {
  Router router;
  router.add("/subject", {"GET", "POST"}, "token", subject);
  router.add("/subject-with-role", {"GET", "POST"}, "role:read:messages", subject);
  router.add("/echo", {"POST"}, "token", echo);
  router.add("/echo-to-all", {"POST"}, "public", echo);
  router.add("/hang", {"GET"}, "public", hang);
  router.add("/large", {"GET"}, "public", large);
  router.add("/large-to-post", {"POST"}, "public", large);
  return router;
}

}  // namespace fcgi

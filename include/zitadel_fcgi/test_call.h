// SPDX-License-Identifier: Apache-2.0
/// @file
/// test_call: an endpoint called by a test, without a web server and without ZITADEL.
#ifndef ZITADEL_FCGI_TEST_CALL_H
#define ZITADEL_FCGI_TEST_CALL_H

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "zitadel_auth/claims.h"
#include "zitadel_fcgi/response.h"
#include "zitadel_fcgi/router.h"

namespace zitadel_fcgi {

/// A request that a test sends.
struct TestRequest {
  std::string method = "GET";  ///< REQUEST_METHOD
  std::string path;            ///< PATH_INFO: "/reports"
  std::string body{};          ///< More than kMaxBody bytes do not reach the endpoint.
  /// Further variables of CGI: "QUERY_STRING=day=1", "CONTENT_TYPE=application/json".
  std::vector<std::string> variables{};
};

/// Calls the endpoint as the server would for a caller with these claims, and returns its answer,
/// also if it answers later or in pieces. claims: null for a caller without a token.
///
/// A request that reaches no endpoint is answered as the server does: 404, 405, 401, 403. Returns
/// nullopt if the endpoint has not answered in time, or has cut its answer off. Router and claims
/// must outlive the call.
[[nodiscard]] std::optional<Response> test_call(
    const Router& router, const TestRequest& request, const zitadel_auth::Claims* claims,
    std::chrono::milliseconds most = std::chrono::seconds(5));

}  // namespace zitadel_fcgi

#endif

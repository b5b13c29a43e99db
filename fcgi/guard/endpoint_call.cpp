// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/endpoint_call.h"

#include <exception>
#include <utility>

#include "auth/base/failure_log.h"
#include "auth/base/log_request.h"
#include "fcgi/guard/later_answer.h"

namespace fcgi {
namespace {

// A caller can make it fail as often as they like.
void log_failure(const Endpoint& endpoint, std::string_view why) {
  static const auth::SystemClock clock;
  static auth::QuietLog failures(auth::kFailureLogInterval, clock);
  failures.add(auth::LogLevel::kError, endpoint.path,
               "endpoint " + endpoint.path + " failed" + std::string(why.empty() ? "" : ": ") +
                   std::string(why));
}

// A user's own code runs here: what it throws must not end the process.
Response response_of(const Endpoint& endpoint, const Request& request, const auth::Claims& claims) {
  try {
    return endpoint.handler(request, claims);
  } catch (const std::exception& error) {
    log_failure(endpoint, error.what());
  } catch (...) {
    log_failure(endpoint, {});
  }
  return error_response(500, "server_error", "The endpoint failed.");
}

void hand_over(const Endpoint& endpoint, zitadel_fcgi::Responder responder) {
  try {
    endpoint.later(std::move(responder));
  } catch (const std::exception& error) {
    log_failure(endpoint, error.what());
  } catch (...) {
    log_failure(endpoint, {});
  }
}

}  // namespace

void call_endpoint(const Endpoint& endpoint, std::unique_ptr<Exchange> exchange,
                   std::shared_ptr<const auth::Claims> claims, std::shared_ptr<const Cors> cors) {
  const auth::LogRequest about(exchange->request().request_id());
  const Completion complete{std::move(cors), !endpoint.requirement.is_public()};
  if (endpoint.later) {
    exchange->let_go();  // the endpoint takes as long as it likes
    return hand_over(endpoint, later_answer(std::move(exchange), std::move(claims), complete));
  }
  Response response = response_of(endpoint, exchange->request(), *claims);
  complete(exchange->request(), response);
  exchange->finish(response);
}

}  // namespace fcgi

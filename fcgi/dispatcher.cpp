#include "fcgi/dispatcher.h"

#include <exception>
#include <utility>
#include <variant>

#include "auth/bearer_token.h"
#include "auth/log.h"
#include "fcgi/challenge.h"

namespace fcgi {
namespace {

// A user's own code runs here: what it throws must not end the process.
Response call(const Endpoint& endpoint, const Request& request, const auth::Claims& claims) {
  try {
    return endpoint.handler(request, claims);
  } catch (const std::exception& error) {
    auth::log(auth::LogLevel::kError, "endpoint " + endpoint.path + " failed: " + error.what());
  } catch (...) {
    auth::log(auth::LogLevel::kError, "endpoint " + endpoint.path + " failed");
  }
  return error_response(500, "server_error", "The endpoint failed.");
}

// What needs a token is nobody else's: an endpoint that knows better says so itself.
void forbid_storing(Response& response) {
  if (response.header("cache-control") == nullptr) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
}

}  // namespace

void Dispatcher::handle(std::unique_ptr<Exchange> exchange) {
  const Request& request = exchange->request();
  auto found = router_.find(request);
  if (const Response* response = std::get_if<Response>(&found)) return exchange->finish(*response);
  const Endpoint& endpoint = *std::get<const Endpoint*>(found);
  if (endpoint.requirement.is_public()) {
    return exchange->finish(call(endpoint, request, auth::Claims()));
  }
  const auth::Result<auth::SecretView> token = auth::bearer_token(request.authorization());
  if (!token) {
    return exchange->finish(challenge(token.error(), endpoint.requirement, realm_));
  }
  // A std::function wants copyable captures: the exchange is taken back by the one call of done.
  Exchange* const parked = exchange.release();
  validator_.authorize(*token, endpoint.requirement,
                       [this, parked, &endpoint](const auth::TokenValidator::Answer& outcome) {
                         const std::unique_ptr<Exchange> resumed(parked);
                         answer(*resumed, endpoint, outcome);
                       });
}

void Dispatcher::answer(Exchange& exchange, const Endpoint& endpoint,
                        const auth::TokenValidator::Answer& answer) const {
  if (!answer) return exchange.finish(challenge(answer.error(), endpoint.requirement, realm_));
  Response response = call(endpoint, exchange.request(), **answer);
  forbid_storing(response);
  exchange.finish(response);
}

}  // namespace fcgi

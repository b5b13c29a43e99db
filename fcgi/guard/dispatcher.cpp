#include "fcgi/guard/dispatcher.h"

#include <exception>
#include <utility>

#include "auth/base/log.h"

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

void Dispatcher::handle(std::unique_ptr<Exchange> exchange) const {
  const bool decides = Authorizer::is_asked(exchange->request());
  // Anybody can send what looks like a preflight, and many a program answers OPTIONS like GET: it
  // must not get there. The web server makes a 204 of this refusal that tells what is allowed.
  const bool refuse = decides && Authorizer::success_lets_through(exchange->request());
  if (responder_.answer_preflight(exchange, refuse ? 403 : 204)) return;
  if (decides) return authorizer_.handle(std::move(exchange));
  respond(std::move(exchange));
}

void Dispatcher::respond(std::unique_ptr<Exchange> exchange) const {
  const Request& request = exchange->request();
  if (ResourceMetadata::is_asked(request)) {
    return responder_.answer(std::move(exchange), metadata_.answer(request));
  }
  auto found = router_.find(request);
  if (!found) return responder_.answer(std::move(exchange), std::move(found).error());
  const Endpoint& endpoint = **found;
  responder_.admit(std::move(exchange), endpoint.requirement, Responder::Body::kWanted,
                   [&endpoint](const Request& admitted, const auth::Claims& claims) {
                     Response response = call(endpoint, admitted, claims);
                     if (!endpoint.requirement.is_public()) forbid_storing(response);
                     return response;
                   });
}

}  // namespace fcgi

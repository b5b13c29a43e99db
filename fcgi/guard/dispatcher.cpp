// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/dispatcher.h"

#include <utility>

#include "auth/base/log_request.h"
#include "fcgi/guard/endpoint_call.h"

namespace fcgi {

void Dispatcher::handle(std::unique_ptr<Exchange> exchange) const {
  const auth::LogRequest about(exchange->request().request_id());
  const bool decides = Authorizer::is_asked(exchange->request());
  if (decides && authorizer_.only_reports()) return authorizer_.handle(std::move(exchange));
  // Anybody can send what looks like a preflight, and many programs answer OPTIONS like GET: it
  // must not reach them. The web server makes a 204 of this refusal that says what is allowed.
  const bool refuse = decides && Authorizer::success_lets_through(exchange->request());
  if (responder_.answer_preflight(exchange, refuse ? 403 : 204)) {
    return count(Outcome::kPreflight, decides);
  }
  if (decides) return authorizer_.handle(std::move(exchange));
  respond(std::move(exchange));
}

void Dispatcher::count(Outcome outcome, bool authorizes) const {
  metrics_.add_to(
      authorizes ? auth::Counter::kDecisionsOfAuthorizer : auth::Counter::kDecisionsOfResponder,
      static_cast<std::size_t>(outcome));
}

void Dispatcher::respond(std::unique_ptr<Exchange> exchange) const {
  const Request& request = exchange->request();
  if (ResourceMetadata::is_asked(request)) {
    return responder_.answer(std::move(exchange), metadata_.answer(request));
  }
  if (own_pages_ != nullptr && own_pages_->answer(exchange)) return;
  auto found = router_.find(request);
  if (!found) {
    count(Outcome::kNoEndpoint, false);
    return responder_.answer(std::move(exchange), std::move(found).error());
  }
  const Endpoint& endpoint = **found;
  responder_.admit(std::move(exchange), endpoint.requirement,
                   Responder::Taker([this, &endpoint](std::unique_ptr<Exchange> admitted,
                                                      std::shared_ptr<const auth::Claims> claims) {
                     call_endpoint(endpoint, std::move(admitted), std::move(claims),
                                   responder_.cors());
                   }));
}

}  // namespace fcgi

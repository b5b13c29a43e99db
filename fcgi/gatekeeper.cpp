#include "fcgi/gatekeeper.h"

#include <optional>

#include "auth/bearer_token.h"

namespace fcgi {

struct Gatekeeper::Parked {
  std::unique_ptr<Exchange> exchange;
  const auth::Requirement* requirement;
  Admitted admitted;
};

void Gatekeeper::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                       Admitted admitted) const {
  const Request& request = exchange->request();
  if (requirement.is_public()) return finish(*exchange, admitted(request, auth::Claims()));
  const auth::Result<auth::SecretView> token = auth::bearer_token(request.authorization());
  if (!token) return finish(*exchange, challenge(token.error(), requirement, resource_));
  // A std::function wants copyable captures: what is parked is taken back by the one call of done.
  auto* const parked = new Parked{std::move(exchange), &requirement, std::move(admitted)};
  validator_.authorize(*token, requirement,
                       [this, parked](const auth::TokenValidator::Answer& outcome) {
                         const std::unique_ptr<Parked> resumed(parked);
                         resume(*resumed, outcome);
                       });
}

void Gatekeeper::resume(const Parked& parked, const auth::TokenValidator::Answer& outcome) const {
  Exchange& exchange = *parked.exchange;
  finish(exchange, outcome ? parked.admitted(exchange.request(), **outcome)
                           : challenge(outcome.error(), *parked.requirement, resource_));
}

void Gatekeeper::answer(std::unique_ptr<Exchange> exchange, Response response) const {
  finish(*exchange, std::move(response));
}

bool Gatekeeper::answer_preflight(std::unique_ptr<Exchange>& exchange, int status) const {
  std::optional<Response> response = cors_.preflight(exchange->request());
  if (!response) return false;
  response->status = status;
  std::exchange(exchange, nullptr)->finish(*response);
  return true;
}

void Gatekeeper::finish(Exchange& exchange, Response response) const {
  cors_.expose(exchange.request(), response);
  exchange.finish(response);
}

}  // namespace fcgi

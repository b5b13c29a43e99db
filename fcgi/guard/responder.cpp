// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/responder.h"

#include <optional>

namespace fcgi {

struct Responder::Parked {
  std::unique_ptr<Exchange> exchange;
  const auth::Requirement* requirement;
  Body body;
  Taker taker;
};

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Body body, Admitted admitted) const {
  admit(
      std::move(exchange), requirement, body,
      Taker([this, admitted = std::move(admitted)](
                std::unique_ptr<Exchange> let, const std::shared_ptr<const auth::Claims>& claims) {
        finish(*let, admitted(let->request(), *claims));
      }));
}

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Body body, Taker taker) const {
  auto parked =
      std::make_unique<Parked>(Parked{std::move(exchange), &requirement, body, std::move(taker)});
  if (requirement.is_public()) {
    return let_in(std::move(parked), std::make_shared<const auth::Claims>());
  }
  Exchange& asked = *parked->exchange;
  const auth::Result<auth::SecretView> token =
      auth::bearer_token(asked.request().authorization(), max_token_bytes_);
  if (!token) return finish(asked, challenge(token.error(), requirement, resource_));
  const auto client = [this, &asked] { return client_address_.of(asked.request()); };
  const ClientWatch watch = asked.client_watch();
  // A std::function wants copyable captures: what is parked is taken back by the one call of done.
  Parked* const raw = parked.release();
  const auto waiting = validator_.authorize(
      *token, requirement, client, [this, raw](const auth::TokenValidator::Answer& outcome) {
        resume(std::unique_ptr<Parked>(raw), outcome);
      });
  if (!waiting) return;
  // Its place is for others.
  watch.when_gone([waiting, raw] {
    if (waiting.cancel()) const std::unique_ptr<Parked> dropped(raw);
  });
}

void Responder::resume(std::unique_ptr<Parked> parked,
                       const auth::TokenValidator::Answer& outcome) const {
  if (outcome) return let_in(std::move(parked), *outcome);
  finish(*parked->exchange, challenge(outcome.error(), *parked->requirement, resource_));
}

void Responder::let_in(std::unique_ptr<Parked> parked,
                       std::shared_ptr<const auth::Claims> claims) const {
  const auto hand_over = [](Parked& let, std::shared_ptr<const auth::Claims> whom) {
    let.taker(std::move(let.exchange), std::move(whom));
  };
  if (parked->body == Body::kIgnored) return hand_over(*parked, std::move(claims));
  Exchange& exchange = *parked->exchange;
  exchange.when_body([hand_over, parked = std::shared_ptr<Parked>(std::move(parked)),
                      claims = std::move(claims)] { hand_over(*parked, claims); });
}

void Responder::answer(std::unique_ptr<Exchange> exchange, Response response) const {
  finish(*exchange, std::move(response));
}

bool Responder::answer_preflight(std::unique_ptr<Exchange>& exchange, int status) const {
  std::optional<Response> response = cors_->preflight(exchange->request());
  if (!response) return false;
  response->status = status;
  std::exchange(exchange, nullptr)->finish(*response);
  return true;
}

void Responder::finish(Exchange& exchange, Response response) const {
  cors_->expose(exchange.request(), response);
  exchange.finish(response);
}

}  // namespace fcgi

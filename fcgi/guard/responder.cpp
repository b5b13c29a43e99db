// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/responder.h"

#include <optional>

#include "auth/base/log_request.h"
#include "auth/token/any_token.h"

namespace fcgi {

struct Responder::Parked {
  std::unique_ptr<Exchange> exchange;
  const auth::Requirement* requirement;
  Body body;
  Taker taker;
  auth::SteadyTime since;
  Spared spared{};
};

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Admitted admitted, const Spared& spared) const {
  const auth::SteadyTime since = now();
  auto take = [this, since, &requirement, spared, admitted = std::move(admitted)](
                  std::unique_ptr<Exchange> let,
                  const std::shared_ptr<const auth::Claims>& claims) {
    const Request& request = let->request();
    auto made = admitted(request, *claims);
    const int status = made ? 200 : made.error().response.status;
    const std::string_view sentence = made ? std::string_view() : made.error().sentence;
    tell({request, &requirement, claims.get(), status, {}, sentence, now() - since, bool(spared)});
    if (made) return finish(*let, *std::move(made));
    finish(*let, spared ? spared(request, status, sentence) : std::move(made).error().response);
  };
  judge(std::make_unique<Parked>(
      Parked{std::move(exchange), &requirement, Body::kIgnored, std::move(take), since, spared}));
}

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Taker taker) const {
  const auth::SteadyTime since = now();
  auto take = [this, since, &requirement, taker = std::move(taker)](
                  std::unique_ptr<Exchange> let, std::shared_ptr<const auth::Claims> claims) {
    tell({let->request(), &requirement, claims.get(), 200, {}, {}, now() - since});
    taker(std::move(let), std::move(claims));
  };
  judge(std::make_unique<Parked>(
      Parked{std::move(exchange), &requirement, Body::kWanted, std::move(take), since}));
}

void Responder::judge(std::unique_ptr<Parked> parked) const {
  if (parked->requirement->is_public()) {
    return let_in(std::move(parked), std::make_shared<const auth::Claims>());
  }
  Exchange& asked = *parked->exchange;
  const auth::Result<auth::SecretView> token = tokens_.find(asked.request());
  if (!token) return refuse(*parked, token.error(), nullptr);
  const auto client = [this, &asked] { return client_address_.of(asked.request()); };
  const ClientWatch watch = asked.client_watch();
  const std::shared_ptr<const void> kept = asked.kept();
  // A std::function wants copyable captures: what is parked is taken back by the one call of done.
  Parked* const raw = parked.release();
  // What else is required, the token's claims have to meet.
  const auto waiting = validator_.authorize(
      *token, auth::any_token(), client, [this, raw](const auth::TokenValidator::Answer& outcome) {
        resume(std::unique_ptr<Parked>(raw), outcome);
      });
  if (!waiting) return;
  // Its place is for others.
  watch.when_gone([waiting, raw, kept] {
    if (waiting.cancel()) const std::unique_ptr<Parked> dropped(raw);
  });
}

void Responder::resume(std::unique_ptr<Parked> parked,
                       const auth::TokenValidator::Answer& outcome) const {
  const auth::LogRequest about(parked->exchange->request().request_id());
  if (!outcome) return refuse(*parked, outcome.error(), nullptr);
  if (const auto met = check(*parked, **outcome); !met) {
    return refuse(*parked, met.error(), outcome->get());
  }
  let_in(std::move(parked), *outcome);
}

auth::Result<void> Responder::check(const Parked& parked, const auth::Claims& claims) const {
  const auth::Requirement& required = *parked.requirement;
  if (!required.names_networks()) return required.check(claims);
  return required.check(claims, client_address_.certain(parked.exchange->request()));
}

void Responder::refuse(Parked& parked, const auth::Error& error, const auth::Claims* claims) const {
  const Request& request = parked.exchange->request();
  Response response = challenge(error, *parked.requirement, resource_);
  const std::string_view sentence = auth::describe(error.reason);
  tell({request, parked.requirement, claims, response.status, error.reason, sentence,
        now() - parked.since, bool(parked.spared)});
  if (parked.spared) response = parked.spared(request, response.status, sentence);
  finish(*parked.exchange, std::move(response));
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

void Responder::refuse(std::unique_ptr<Exchange> exchange, Refusal refusal,
                       const Spared& spared) const {
  const Request& request = exchange->request();
  const int status = refusal.response.status;
  tell({request, nullptr, nullptr, status, {}, refusal.sentence, {}, bool(spared)});
  if (spared) refusal.response = spared(request, status, refusal.sentence);
  finish(*exchange, std::move(refusal.response));
}

bool Responder::answer_preflight(std::unique_ptr<Exchange>& exchange, int status) const {
  std::optional<Response> response = cors_->preflight(exchange->request());
  if (!response) return false;
  response->status = status;
  std::exchange(exchange, nullptr)->finish(*response);
  return true;
}

// A question to the system, where somebody wants to know.
auth::SteadyTime Responder::now() const {
  return observers_.empty() ? auth::SteadyTime{} : auth::BootClock::now();
}

void Responder::tell(const Decision& decision) const {
  for (DecisionObserver* each : observers_) each->decided(decision);
}

void Responder::finish(Exchange& exchange, Response response) const {
  cors_->expose(exchange.request(), response);
  exchange.finish(response);
}

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/responder.h"

#include <optional>

#include "auth/base/log_request.h"
#include "auth/token/any_token.h"

namespace fcgi {

struct Responder::Parked {
  std::unique_ptr<Exchange> exchange;
  const auth::Requirement* requirement;
  auth::SteadyTime since;
  Admitted admitted{};
  Taker taker{};  // if that is empty: gets the exchange when the body has come
  Spared spared{};
  std::shared_ptr<const auth::Claims> claims{};  // for the taker
};

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Admitted admitted, const Spared& spared) const {
  judge(std::make_unique<Parked>(Parked{.exchange = std::move(exchange),
                                        .requirement = &requirement,
                                        .since = now(),
                                        .admitted = std::move(admitted),
                                        .spared = spared}));
}

void Responder::admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
                      Taker taker) const {
  judge(std::make_unique<Parked>(Parked{.exchange = std::move(exchange),
                                        .requirement = &requirement,
                                        .since = now(),
                                        .taker = std::move(taker)}));
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
  const std::weak_ptr<const void> kept = asked.kept();
  const bool is_kept = asked.kept() != nullptr;
  // A std::function needs copyable captures, so it gets a raw pointer: the one call of done takes
  // it back.
  Parked* const raw = parked.release();
  // The token's claims have to meet the rest of the requirement: see resume.
  const auto waiting = validator_.authorize(
      *token, auth::any_token(), client, [this, raw](const auth::TokenValidator::Answer& outcome) {
        resume(std::unique_ptr<Parked>(raw), outcome);
      });
  if (!waiting) return;
  // Leaves its place to others. The watch may last longer than the exchange keeps anything; a
  // parked one still does, so what is not kept any more was resumed.
  watch.when_gone([waiting, raw, kept, is_kept] {
    const std::shared_ptr<const void> alive = kept.lock();
    if (is_kept && alive == nullptr) return;
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
  if (parked->admitted) return answer(*parked, *claims);
  Exchange& exchange = *parked->exchange;
  parked->claims = std::move(claims);
  exchange.when_body(
      [this, parked = std::shared_ptr<Parked>(std::move(parked))] { hand_over(*parked); });
}

void Responder::answer(Parked& parked, const auth::Claims& claims) const {
  const Request& request = parked.exchange->request();
  auto made = parked.admitted(request, claims);
  const int status = made ? 200 : made.error().response.status;
  const std::string_view sentence = made ? std::string_view() : made.error().sentence;
  tell({request,
        parked.requirement,
        &claims,
        status,
        {},
        sentence,
        now() - parked.since,
        bool(parked.spared)});
  if (made) return finish(*parked.exchange, *std::move(made));
  finish(*parked.exchange, parked.spared ? parked.spared(request, status, sentence)
                                         : std::move(made).error().response);
}

void Responder::hand_over(Parked& parked) const {
  tell({parked.exchange->request(),
        parked.requirement,
        parked.claims.get(),
        200,
        {},
        {},
        now() - parked.since});
  parked.taker(std::move(parked.exchange), std::move(parked.claims));
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

// Asks the system only if an observer needs the time.
auth::SteadyTime Responder::now() const {
  return observers_.of_all.empty() ? auth::SteadyTime{} : auth::BootClock::now();
}

void Responder::tell(const Decision& decision) const {
  if (!decision.is_let_in()) {
    for (DecisionObserver* each : observers_.of_refusals) each->decided(decision);
  }
  for (DecisionObserver* each : observers_.of_all) each->decided(decision);
}

void Responder::finish(Exchange& exchange, Response response) const {
  cors_->expose(exchange.request(), response);
  exchange.finish(response);
}

}  // namespace fcgi

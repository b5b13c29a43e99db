// SPDX-License-Identifier: Apache-2.0
// Responder: takes the caller's token out of the request, has it checked, and answers.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/base/clock.h"
#include "auth/token/requirement.h"
#include "auth/token_validator.h"
#include "fcgi/guard/challenge.h"
#include "fcgi/guard/cors.h"
#include "fcgi/guard/decision.h"
#include "fcgi/guard/refusal.h"
#include "fcgi/guard/token_sources.h"
#include "fcgi/http/client_address.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Thread-safe. The validator and the observers must outlive it, and it must outlive what it admits.
class Responder {
 public:
  // Makes the response to a caller whose claims meet the requirement; for a public one, the claims
  // are empty. Throws nothing.
  using Admitted =
      std::function<auth::Result<Response, Refusal>(const Request&, const auth::Claims&)>;
  // Makes the response to a request that goes on although it would be refused, with that status and
  // sentence. Throws nothing.
  using Spared = std::function<Response(const Request&, int status, std::string_view sentence)>;
  // Takes over the exchange of a caller whose claims meet the requirement.
  using Taker = std::function<void(std::unique_ptr<Exchange>, std::shared_ptr<const auth::Claims>)>;

  // The observers get each decision before it is answered.
  Responder(auth::TokenValidator& validator, ProtectedResource resource, Cors cors,
            ClientAddress client_address = {}, TokenSources tokens = {},
            DecisionObservers observers = {})
      : validator_(validator),
        resource_(std::move(resource)),
        cors_(std::make_shared<const Cors>(std::move(cors))),
        client_address_(std::move(client_address)),
        tokens_(std::move(tokens)),
        observers_(std::move(observers)) {}

  // Finishes the exchange with what admitted makes, or with a challenge: now or, if ZITADEL has to
  // be asked, later and on another thread. Nobody reads the body. The requirement must live as long
  // as admitted does. spared: empty if refusals count.
  void admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
             Admitted admitted, const Spared& spared = {}) const;
  // The same, but the taker finishes the exchange, and gets it when the body has come. A refusal
  // waits for no body.
  void admit(std::unique_ptr<Exchange> exchange, const auth::Requirement& requirement,
             Taker taker) const;

  // The rules that make every answer readable for scripts.
  [[nodiscard]] const std::shared_ptr<const Cors>& cors() const noexcept { return cors_; }

  [[nodiscard]] const TokenSources& tokens() const noexcept { return tokens_; }

  // Finishes the exchange with a response that no token was needed for.
  void answer(std::unique_ptr<Exchange> exchange, Response response) const;

  // Refuses the exchange whatever token was sent, unless it is spared.
  void refuse(std::unique_ptr<Exchange> exchange, Refusal refusal, const Spared& spared = {}) const;

  // Whether it is a CORS preflight of an origin that is allowed.
  [[nodiscard]] bool is_preflight(const Request& request) const {
    return cors_->preflight(request).has_value();
  }

  // Answers a CORS preflight, which never carries a token, with that status, and takes the
  // exchange. Returns false if it is none, or of an origin that is not allowed; then the exchange
  // is left alone.
  [[nodiscard]] bool answer_preflight(std::unique_ptr<Exchange>& exchange, int status) const;

 private:
  struct Parked;

  void judge(std::unique_ptr<Parked> parked) const;
  [[nodiscard]] auth::Result<void> check(const Parked& parked, const auth::Claims& claims) const;
  void refuse(Parked& parked, const auth::Error& error, const auth::Claims* claims) const;
  void tell(const Decision& decision) const;
  [[nodiscard]] auth::SteadyTime now() const;
  void resume(std::unique_ptr<Parked> parked, const auth::TokenValidator::Answer& outcome) const;
  void let_in(std::unique_ptr<Parked> parked, std::shared_ptr<const auth::Claims> claims) const;
  void answer(Parked& parked, const auth::Claims& claims) const;
  void hand_over(Parked& parked) const;
  void finish(Exchange& exchange, Response response) const;

  auth::TokenValidator& validator_;
  const ProtectedResource resource_;
  const std::shared_ptr<const Cors> cors_;
  const ClientAddress client_address_;
  const TokenSources tokens_;
  const DecisionObservers observers_;
};

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
// Authorizer: decides about requests for what other programs serve (FastCGI specification §6.3, and
// nginx's auth_request).
//
// A request that may go on is answered 200 with "Variable-NAME: value" headers, from which the web
// server makes variables for the protected program. Any other answer goes to the client.
//
// With Refusals::kOnlyReported every request may go on, and the variable AUTH_WOULD_BE says how it
// would have been answered: "200", or a status and why: "401 no access token was sent".
#pragma once

#include <memory>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "fcgi/guard/caller_variables.h"
#include "fcgi/guard/responder.h"
#include "fcgi/guard/rules_file.h"
#include "fcgi/http/exchange.h"

namespace fcgi {

// Thread-safe. Rules, responder and clock must outlive it.
class Authorizer {
 public:
  enum class Refusals { kCount, kOnlyReported };

  // rules: null if the operator has written none; then nobody is let in.
  Authorizer(RulesFile* rules, const Responder& responder, CallerVariables variables,
             const auth::Clock& clock, Refusals refusals = Refusals::kCount)
      : rules_(rules),
        responder_(responder),
        variables_(std::move(variables)),
        refusals_(refusals),
        failures_(clock) {}

  // Whether it refuses nobody.
  [[nodiscard]] bool only_reports() const noexcept { return refusals_ == Refusals::kOnlyReported; }

  // Whether the web server asks for a decision: in the AUTHORIZER role, or with the variable
  // ZITADEL_AUTHORIZE, which a client cannot set.
  [[nodiscard]] static bool is_asked(const Request& request) noexcept;

  // Whether the web server lets a request go on for any answer 2xx, not for 200 alone, as nginx
  // does. REQUIRES: is_asked.
  [[nodiscard]] static bool success_lets_through(const Request& request) noexcept;

  // Finishes the exchange, now or later.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  [[nodiscard]] auth::Result<Response, Refusal> admit(const Request& request,
                                                      const auth::Claims& claims) const;
  [[nodiscard]] Refusal refuse_nameless() const;
  // Empty if refusals count.
  [[nodiscard]] Responder::Spared spared() const;
  [[nodiscard]] Response let_go_on(const Request& request, CallerVariables::List variables) const;

  RulesFile* const rules_;
  const Responder& responder_;
  const CallerVariables variables_;
  const Refusals refusals_;
  mutable auth::FailureLog failures_;
};

}  // namespace fcgi

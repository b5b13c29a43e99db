// Introspection: asks ZITADEL whether an access token is active (RFC 7662).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/token/claims.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/token_claims.h"

namespace auth {

// An active token's claims, read from the endpoint's answer and checked. Errors: kMalformedAnswer,
// kInactive, kExpired, kNotYetValid, kWrongIssuer, kWrongAudience.
[[nodiscard]] Result<Claims> parse_introspection(std::string_view body,
                                                 const Expectations& expected, WallTime now);

// Thread-safe. The neighbours must outlive it, and it must outlive what it has asked.
class Introspection {
 public:
  using Done = std::function<void(Result<Claims>)>;

  // endpoint: empty to take it from discovery.
  Introspection(std::string endpoint, Expectations expected, Discovery& discovery,
                ClientAuthentication& authentication, HttpClient& http, const Clock& clock);

  // Calls done exactly once, on the HTTP client's thread or, where that fails at once, on the
  // caller's. Refused client authentication is retried once with a fresh assertion. Errors: those
  // of parse_introspection, Discovery::get, HttpClient::send; kClientAuthenticationRefused,
  // kOurRequestRefused, kKeyUnusable; kClockWrong in place of kExpired and kNotYetValid.
  void ask(Secret token, Done done);

 private:
  struct Question;
  void post(const std::shared_ptr<Question>& question, const std::string& endpoint);
  void take_answer(const std::shared_ptr<Question>& question, const std::string& endpoint,
                   Result<HttpResponse> answer);
  [[nodiscard]] Result<Claims> read(const HttpResponse& answer) const;
  [[nodiscard]] Error refusal(const HttpResponse& response) const;

  const std::string endpoint_;
  const Expectations expected_;
  Discovery& discovery_;
  ClientAuthentication& authentication_;
  HttpClient& http_;
  const Clock& clock_;
};

}  // namespace auth

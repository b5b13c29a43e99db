// SPDX-License-Identifier: Apache-2.0
// Introspection: asks ZITADEL whether an access token is active (RFC 7662).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/base/worker_pool.h"
#include "auth/token/claims.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/token_claims.h"

namespace auth {

// Returns an active token's claims, read from the endpoint's answer and checked. Errors:
// kMalformedAnswer, kInactive, kExpired, kNotYetValid, kWrongIssuer, kWrongAudience.
[[nodiscard]] Result<Claims> parse_introspection(std::string_view body,
                                                 const Expectations& expected, WallTime now);

// Thread-safe. All objects given to it must outlive it, and it must outlive its questions.
//
// The HTTP client's thread only passes answers on: workers read them, and sign assertions.
class Introspection {
 public:
  using Done = std::function<void(Result<Claims>)>;

  // endpoint: empty to take it from discovery.
  Introspection(std::string endpoint, Expectations expected, Discovery& discovery,
                ClientAuthentication& authentication, HttpClient& http, Workers& workers,
                const Clock& clock);

  // Calls done exactly once, on a worker. The token must live until then. Refused client
  // authentication is retried once with a fresh assertion. Errors: those of parse_introspection,
  // Discovery::get, HttpClient::send; kClientAuthenticationRefused, kOurRequestRefused,
  // kKeyUnusable; kClockWrong in place of kExpired and kNotYetValid. REQUIRES: called by a worker.
  void ask(SecretView token, Done done);

 private:
  struct Question;
  void find_endpoint(const std::shared_ptr<Question>& question);
  void post(const std::shared_ptr<Question>& question, const std::string& endpoint);
  void take_answer(const std::shared_ptr<Question>& question, const std::string& endpoint,
                   Result<HttpResponse> answer);
  void on_worker(Workers::Task task);
  [[nodiscard]] Result<Claims> read(const HttpResponse& answer) const;
  [[nodiscard]] WallTime machine_time() const;
  [[nodiscard]] Error refusal(const HttpResponse& response) const;

  const std::string endpoint_;
  const Expectations expected_;
  Discovery& discovery_;
  ClientAuthentication& authentication_;
  HttpClient& http_;
  Workers& workers_;
  const Clock& clock_;
};

}  // namespace auth

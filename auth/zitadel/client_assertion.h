// SPDX-License-Identifier: Apache-2.0
// Client assertions (RFC 7523): how this API authenticates at ZITADEL's endpoints, and how a
// service user asks for a token.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/jose/signing_key.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Time by which an assertion is dated back. ZITADEL refuses an iat that is 2 seconds ahead of its
// clock, and accepts one of an hour ago. So clocks may differ by some minutes either way.
constexpr std::chrono::seconds kAssertionBackdating{300};
// Lifetime of an assertion from its `iat`, and how long before its end a new one is made.
constexpr std::chrono::seconds kAssertionLifetime{1800};
constexpr std::chrono::seconds kAssertionRenewal{300};
// ZITADEL refuses the assertions of a clock that is ahead of its own by more than kAssertionAhead,
// or behind it by kAssertionBehind.
constexpr std::chrono::seconds kAssertionAhead = kAssertionBackdating + std::chrono::seconds{1};
constexpr std::chrono::seconds kAssertionBehind = kAssertionLifetime - kAssertionBackdating;

// Returns a JWT for the jwt-bearer profiles (RFC 7523 §2.1, §2.2): iss = sub = subject, aud =
// audience byte by byte, iat = now - kAssertionBackdating, exp = iat + lifetime, a fresh random jti
// of at least 128 bits. Error: kKeyUnusable.
[[nodiscard]] Result<Secret> sign_assertion(const jose::SigningKey& key, std::string_view key_id,
                                            std::string_view subject, std::string_view audience,
                                            WallTime now, std::chrono::seconds lifetime);

// Adds this API's client authentication to a request. Thread-safe.
class ClientAuthentication {
 public:
  virtual ~ClientAuthentication() = default;

  // Adds to the form or sets the Authorization header. after_refusal: ZITADEL has just refused what
  // this added for the same question. It then adds what was never sent before and what no other
  // thread gets. Error: kKeyUnusable.
  [[nodiscard]] virtual Result<void> apply(std::string& form, HttpRequest& request,
                                           bool after_refusal) = 0;

  // Returns whether to ask once more after a refusal: apply has something new to add.
  [[nodiscard]] virtual bool can_renew() const noexcept = 0;

  // Returns words for the operator's log: "key id 123" or "client id 456". No secret.
  [[nodiscard]] virtual std::string describe() const = 0;
};

// Authenticates with an application key (RFC 7523 §2.2). The assertion is signed once and reused
// until it nears its end. The clock must outlive the object.
[[nodiscard]] std::unique_ptr<ClientAuthentication> key_authentication(
    std::string client_id, std::string key_id, std::shared_ptr<const jose::SigningKey> key,
    std::string issuer, const Clock& clock);

// Authenticates with client id and secret by HTTP Basic. Both parts are form-encoded first (RFC
// 6749 §2.3.1).
[[nodiscard]] std::unique_ptr<ClientAuthentication> basic_authentication(std::string client_id,
                                                                         Secret client_secret);

}  // namespace auth

// JwtValidator: judges a JWT access token here, with ZITADEL's key set, instead of asking ZITADEL.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/token/claims.h"
#include "auth/zitadel/jwt_claims.h"
#include "auth/zitadel/key_set.h"

namespace auth {

// Thread-safe. The clock must outlive it.
class JwtValidator {
 public:
  JwtValidator(Expectations expected, std::shared_ptr<KeySet> keys, const Clock& clock);

  // Whether it is a JWT, well-formed or not; else it is opaque and ZITADEL alone can judge it.
  [[nodiscard]] static bool looks_like_jwt(SecretView token) noexcept;

  // Answers at once; never blocks. Cheap checks come first: a token that is no JWT or of an
  // algorithm that is never taken costs no cryptography and asks for no key. Errors:
  //   of Fault::kToken    the token is refused for certain: kOpaqueToken, and those of
  //                       jose::Jwt::parse, jose::Jwt::verify, parse_jwt_claims, and kUnknownKey
  //   kInternal           there is no memory to judge it
  //   kKeySetUnavailable  the key is not known and nobody can tell now whether it exists: wait with
  //                       when_decidable and verify again, or let ZITADEL judge
  [[nodiscard]] Result<Claims> verify(SecretView token) const;

  // Why ZITADEL would refuse the token, for certain: kWrongIssuer, kExpired, or kBadSignature under
  // the known key that it names. Returns nullopt if nothing proves it. Answers at once, as verify.
  [[nodiscard]] std::optional<Error> disprove(SecretView token) const;

  // Calls done once, when the question for the key set that is under way has ended, on the HTTP
  // client's thread; before returning where none is. It must not block.
  void when_decidable(std::function<void()> done) const;

  // Asks for the key set in the background, so that the first token finds it.
  void warm_up() const;

 private:
  [[nodiscard]] Result<Claims> judge(SecretView token) const;
  [[nodiscard]] std::optional<Error> find_disproof(SecretView token) const;

  const Expectations expected_;
  const std::shared_ptr<KeySet> keys_;
  const Clock& clock_;
};

}  // namespace auth

// LocalValidation: what this program says of a token by itself, and what it leaves to ZITADEL, as
// ZITADEL_VALIDATION and ZITADEL_JWT_SHIELD have it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "auth/token/claims.h"
#include "auth/zitadel/jwt_validator.h"
#include "auth/zitadel/key_set.h"

namespace auth {

// Thread-safe. The clock must outlive it.
class LocalValidation {
 public:
  // keys_last: whether a key set that is asked for now will be there for later tokens. Where it
  // will not, asking for it costs as much as asking about the token, so there is no shield.
  LocalValidation(const Settings& settings, const Expectations& expected,
                  std::shared_ptr<KeySet> keys, const Clock& clock, bool keys_last);

  // Whether ZITADEL is never asked about this token.
  [[nodiscard]] bool decides(SecretView token) const noexcept;

  // Claims or a refusal, for certain. Nothing: ZITADEL is to be asked about the token, or, where
  // this decides, for its keys: wait with when_decidable and judge again. Never blocks; a signature
  // costs tens of microseconds, no more than to hand it to another thread would. Errors: those of
  // JwtValidator::verify where this decides, else those of disprove.
  [[nodiscard]] std::optional<Result<Claims>> judge(SecretView token) const;

  // See JwtValidator. REQUIRES: a token that this decides.
  void when_decidable(std::function<void()> done) const;

  // Asks for the key set in the background, where it is needed.
  void warm_up() const;

 private:
  const Validation validation_;
  const std::optional<JwtValidator> jwts_;  // nothing: ZITADEL is asked about every token
};

}  // namespace auth

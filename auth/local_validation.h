// SPDX-License-Identifier: Apache-2.0
// LocalValidation: checks tokens in this program, and leaves others to ZITADEL, according to
// ZITADEL_VALIDATION and ZITADEL_JWT_SHIELD.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/revocations.h"
#include "auth/token/claims.h"
#include "auth/zitadel/jwt_claims.h"
#include "auth/zitadel/remote_key_set.h"

namespace auth {

struct Settings;

// Thread-safe; never blocks. The clock and the revocations must outlive it.
class LocalValidation {
 public:
  // keys_last: whether a key set that is asked for now will be there for later tokens. If not,
  // asking for it costs as much as asking about the token, so there is no shield. revocations: null
  // if no events report them.
  LocalValidation(const Settings& settings, Expectations expected,
                  std::shared_ptr<RemoteKeySet> keys, const Clock& clock, bool keys_last,
                  const Revocations* revocations = nullptr);

  // Whether this token is decided here, without asking ZITADEL about it: always, or as long as it
  // is known what ZITADEL has ended.
  [[nodiscard]] bool decides(SecretView token) const noexcept;

  // Returns claims or a refusal, for certain. nullopt if ZITADEL has to be asked about the token,
  // or, if this decides, for its keys: wait with when_decidable and call judge again. A signature
  // costs tens of microseconds, no more than to hand it to another thread. Errors if this decides:
  //   kOpaqueToken, and those of jose::Jwt::parse, jose::Jwt::verify, parse_jwt_claims
  //   kUnknownKey, kKeySetUnavailable with retry_after: see RemoteKeySet::find
  //   kRevocationsUnknown, and those of Revocations::check
  //   kInternal: there is no memory to check it
  // Errors else, which prove that ZITADEL would refuse it: kWrongIssuer, kExpired by a clock that
  // was compared with ZITADEL's, or kBadSignature under the known key that it names.
  [[nodiscard]] std::optional<Result<Claims>> judge(SecretView token) const;

  // Whether a check at that time no longer counts, because ZITADEL's keys have changed since.
  [[nodiscard]] bool is_outdated(SteadyTime judged) const noexcept {
    return judged <= keys_->changed_at();
  }

  // Whether tokens cannot be checked yet because nothing of ZITADEL's events is known yet.
  [[nodiscard]] bool awaits_events() const;

  // Calls done once, when ZITADEL has answered for its keys; before returning if it is not being
  // asked. It must not block. REQUIRES: a token that this decides.
  void when_decidable(std::function<void()> done) const;

  // Asks for the key set in the background, if it is needed.
  void warm_up() const;
  // Does the same for a set that has changed. Returns false if it has to be called again.
  [[nodiscard]] bool read_keys_again() const;

 private:
  enum class Mode : std::uint8_t {
    kLeavesAll,    // to ZITADEL
    kShields,      // ZITADEL from tokens that are forged or expired
    kDecidesJwts,  // and leaves opaque tokens to ZITADEL
    kDecidesAll,
  };
  [[nodiscard]] bool is_undecided(const Error& error) const;
  static Mode mode_of(const Settings& settings, bool keys_last);

  // Cheap checks come first: a token that is no JWT or of an algorithm that is never taken costs no
  // cryptography and asks for no key.
  [[nodiscard]] Result<Claims> verify(SecretView token) const;
  // Errors: those that prove that the token is not good. No error if there is no proof here.
  [[nodiscard]] Result<void> disprove(SecretView token) const;

  const Mode mode_;
  const Expectations expected_;
  const std::shared_ptr<RemoteKeySet> keys_;
  const Clock& clock_;
  const bool keys_last_;
  const Revocations* const revocations_;
};

}  // namespace auth

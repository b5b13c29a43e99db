// SPDX-License-Identifier: Apache-2.0
// Input: a token. It is verified with a fixed key set, and its payload also read as if it had been.
#include "auth/jose/jwt.h"

#include <chrono>
#include <optional>
#include <string>

#include "auth/jose/base64url.h"
#include "auth/jose/jwk.h"
#include "auth/zitadel/jwt_claims.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jwt_keys.h"

namespace {

using auth::jose::JwkSet;
using auth::jose::Jwt;

constexpr auth::WallTime kNow{std::chrono::seconds(1'700'000'000)};

const JwkSet& keys() {
  static const auth::Result<JwkSet> set = JwkSet::parse(fuzz::kJwtKeys);
  fuzz::require(set.has_value() && set->left_out().empty());
  return set.value();
}

void read_claims(std::string_view payload) {
  const auth::Expectations expected{"https://issuer.example", "client", "123"};
  const auto claims = auth::parse_jwt_claims(payload, expected, kNow);
  if (!claims) return;
  fuzz::require(auth::disprove_jwt_claims(payload, expected, kNow).has_value());
  fuzz::require(claims->issuer() == expected.issuer);
  fuzz::require(claims->expiry().has_value() && *claims->expiry() > kNow);
  fuzz::require(claims->has_audience("client") || claims->has_audience("123"));
  fuzz::require(!claims->subject().empty());
  const auto again = auth::Claims::from_record(claims->record());
  fuzz::require(again.has_value() && again->record() == claims->record());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auth::Result<Jwt> jwt = Jwt::parse(text);
  if (!jwt) return 0;
  fuzz::require(auth::jose::looks_like_jwt(text));
  if (const auth::jose::SharedKey key = keys().find(jwt->key_id())) {
    if (const auth::Result<std::string> payload = jwt->verify(*key)) read_claims(*payload);
  }
  const std::size_t dot = text.find('.') + 1;
  if (const auto payload = auth::jose::base64url_decode(text.substr(dot, text.rfind('.') - dot))) {
    read_claims(*payload);
  }
  return 0;
}

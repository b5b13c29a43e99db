// SPDX-License-Identifier: Apache-2.0
#include "cli/check/token_kind.h"

#include <string>

#include "auth/jose/jwt.h"
#include "auth/zitadel/jwt_claims.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

bool is_sound(const auth::jose::Jwt& jwt, const auth::jose::VerificationKey& key,
              const auth::Settings& settings, auth::WallTime now, Findings& findings) {
  const auto verified = jwt.verify(key);
  if (!verified) {
    findings.bad(Trouble::kToken, "token", "is a JWT, and " + to_string(verified.error()));
    return false;
  }
  const auth::Expectations expected{settings.domain, settings.client_id, settings.project_id};
  const auto claims = auth::parse_jwt_claims(*verified, expected, now);
  if (!claims && claims.error().reason == auth::Reason::kNotAnAccessToken) {
    findings.bad(Trouble::kToken, "token",
                 "is a JWT of this instance, but no access token: an ID token says who somebody is "
                 "and opens nothing. Send the access_token that came with it");
    return false;
  }
  findings.good("token", "is a JWT, signed by this instance");
  return true;
}

// ZITADEL goes on calling the JWTs of a removed key active.
bool explain_unknown_key(const auth::Json& payload, const auth::Settings& settings,
                         Findings& findings) {
  const std::string issuer = payload.text_of("iss").value_or("");
  if (issuer == settings.domain) {
    findings.note("token", "is a JWT whose key is none of this instance any more: get a new one");
    return true;
  }
  findings.bad(Trouble::kToken, "token",
               "is a JWT of another instance, " + auth::shown_url(issuer) + ": get one of " +
                   settings.domain);
  return false;
}

}  // namespace

TokenKind look_at_kind(const auth::Settings& settings, auth::SecretView token,
                       const Instance& instance, fcgi::Judge& judge, Findings& findings) {
  TokenKind kind{.is_jwt = auth::jose::looks_like_jwt(token.reveal())};
  if (!kind.is_jwt) {
    findings.good("token", "is opaque: ZITADEL alone can say what it is");
    return kind;
  }
  const auto text = auth::jose::unverified_payload(token.reveal());
  kind.payload = text ? auth::Json::parse(*text) : std::nullopt;
  const auto jwt = auth::jose::Jwt::parse(token.reveal());
  if (!jwt || !kind.payload) {
    findings.bad(Trouble::kToken, "token",
                 "begins like a JWT and is none: is it whole? " +
                     (jwt ? std::string() : to_string(jwt.error())));
    kind.is_worth_asking = false;
    return kind;
  }
  if (!instance.keys) {
    findings.note("token", "is a JWT, whose signature cannot be looked at");
    return kind;
  }
  const auth::jose::SharedKey key = instance.keys->find(jwt->key_id());
  if (key == nullptr) {
    kind.is_worth_asking = explain_unknown_key(*kind.payload, settings, findings);
    return kind;
  }
  kind.is_signed = is_sound(*jwt, *key, settings, judge.clock().wall(), findings);
  kind.is_worth_asking = kind.is_signed;
  return kind;
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/names.h"

#include <array>

namespace fcgi {
namespace {

constexpr std::array<std::string_view, auth::kDecisions> kOutcomes{
    "allowed",  "unauthenticated", "forbidden",   "bad_request",
    "too_many", "unavailable",     "no_endpoint", "preflight"};

// In the order of auth::Reason.
constexpr std::array<std::string_view, auth::kReasonPlaces> kReasons{
    "malformed_authorization",
    "repeated_authorization",
    "authorization_too_long",
    "malformed_cookie",
    "malformed_subprotocol",
    "several_tokens",
    "no_token",
    "inactive",
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "opaque_token",
    "malformed_jwt",
    "unsupported_token_type",
    "unsupported_extension",
    "unsupported_algorithm",
    "unknown_key",
    "algorithm_mismatch",
    "bad_signature",
    "malformed_claims",
    "claim_missing",
    "not_an_access_token",
    "revoked",
    "role_missing",
    "scope_missing",
    "wrong_organisation",
    "wrong_network",
    "cross_site",
    "too_many_from_client",
    "unreachable",
    "tls_failed",
    "timed_out",
    "rate_limited",
    "server_error",
    "unexpected_status",
    "redirected",
    "answer_too_large",
    "answer_truncated",
    "answer_stalled",
    "connection_lost",
    "malformed_answer",
    "issuer_mismatch",
    "circuit_open",
    "zitadel_failing",
    "key_set_unavailable",
    "revocations_unknown",
    "client_authentication_refused",
    "our_request_refused",
    "too_many_waiting",
    "shutting_down",
    "key_unusable",
    "clock_wrong",
    "claims_too_long",
    "scopes_left_out",
    "internal",
    "rule"};
static_assert(kReasons[static_cast<std::size_t>(auth::Reason::kNoToken)] == "no_token");
static_assert(kReasons[static_cast<std::size_t>(auth::Reason::kInternal)] == "internal");

}  // namespace

Outcome outcome_of(int status) noexcept {
  switch (status) {
    case 401:
      return Outcome::kUnauthenticated;
    case 403:
    case 405:
      return Outcome::kForbidden;
    case 429:
      return Outcome::kTooMany;
    default:
      if (status < 300) return Outcome::kAllowed;
      return status < 500 ? Outcome::kBadRequest : Outcome::kUnavailable;
  }
}

std::string_view name_of(Outcome outcome) noexcept {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::string_view reason_name(std::size_t place) noexcept { return kReasons[place]; }

}  // namespace fcgi

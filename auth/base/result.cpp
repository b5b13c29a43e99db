// SPDX-License-Identifier: Apache-2.0
#include "auth/base/result.h"

#include <cstddef>
#include <iterator>

namespace zitadel_auth {
namespace {

struct Row {
  Reason reason;
  Fault fault;
  std::string_view sentence;
};

// In the order of the enumeration, of which kInternal is the last.
constexpr Row kRows[] = {
    {Reason::kMalformedAuthorization, Fault::kRequest,
     "the Authorization header is not of the form \"Bearer TOKEN\""},
    {Reason::kRepeatedAuthorization, Fault::kRequest,
     "the Authorization header arrived more than once"},
    {Reason::kAuthorizationTooLong, Fault::kRequest, "the Authorization header is too long"},
    {Reason::kMalformedCookie, Fault::kRequest,
     "the cookie of the access token does not hold one token, or arrived more than once"},
    {Reason::kMalformedSubprotocol, Fault::kRequest,
     "the Sec-WebSocket-Protocol header does not name one access token behind bearer"},
    {Reason::kSeveralTokens, Fault::kRequest,
     "access tokens arrived in several ways at once: Authorization header, cookie, subprotocol"},
    {Reason::kNoToken, Fault::kToken, "no access token was sent"},
    {Reason::kInactive, Fault::kToken, "the access token is not active"},
    {Reason::kExpired, Fault::kToken, "the access token has expired"},
    {Reason::kNotYetValid, Fault::kToken, "the access token is not valid yet"},
    {Reason::kWrongIssuer, Fault::kToken, "the access token is of another issuer"},
    {Reason::kWrongAudience, Fault::kToken, "the access token is not meant for this API"},
    {Reason::kOpaqueToken, Fault::kToken,
     "the access token is opaque, and only JWTs are taken here"},
    {Reason::kMalformedJwt, Fault::kToken, "the access token is not a well-formed JWT"},
    {Reason::kUnsupportedTokenType, Fault::kToken,
     "the access token's typ is neither JWT nor at+jwt"},
    {Reason::kUnsupportedExtension, Fault::kToken,
     "the access token's header asks for an extension of JWS"},
    {Reason::kUnsupportedAlgorithm, Fault::kToken,
     "the access token's alg is not one that is taken here"},
    {Reason::kUnknownKey, Fault::kToken, "the access token's kid names no key of the issuer"},
    {Reason::kAlgorithmMismatch, Fault::kToken,
     "the access token's alg does not fit the key that its kid names"},
    {Reason::kBadSignature, Fault::kToken, "the access token's signature is wrong"},
    {Reason::kMalformedClaims, Fault::kToken,
     "a claim of the access token does not have the prescribed form"},
    {Reason::kClaimMissing, Fault::kToken, "the access token lacks a required claim"},
    {Reason::kNotAnAccessToken, Fault::kToken,
     "the token is not an access token but one for another purpose"},
    {Reason::kRevoked, Fault::kToken, "the access token was ended before its expiry"},
    {Reason::kRoleMissing, Fault::kPermission, "the user has not been granted the role"},
    {Reason::kScopeMissing, Fault::kPermission, "the access token lacks the scope"},
    {Reason::kWrongOrganisation, Fault::kPermission,
     "the user does not belong to the organisation"},
    {Reason::kWrongNetwork, Fault::kPermission,
     "the request does not come from a network that is allowed"},
    {Reason::kCrossSite, Fault::kPermission,
     "the access token came in a cookie, and nothing says that the request is the site's own"},
    {Reason::kTooManyFromClient, Fault::kLoad, "too many requests of this client are waiting"},
    {Reason::kUnreachable, Fault::kUpstream, "ZITADEL cannot be reached"},
    {Reason::kTlsFailed, Fault::kUpstream, "the TLS connection to ZITADEL was refused"},
    {Reason::kTimedOut, Fault::kUpstream, "ZITADEL did not answer in time"},
    {Reason::kRateLimited, Fault::kUpstream, "ZITADEL limits our calls (429)"},
    {Reason::kServerError, Fault::kUpstream, "ZITADEL answered with a server error (5xx)"},
    {Reason::kUnexpectedStatus, Fault::kUpstream, "ZITADEL answered with an unexpected status"},
    {Reason::kRedirected, Fault::kUpstream,
     "ZITADEL answered with a redirect, which is never followed"},
    {Reason::kAnswerTooLarge, Fault::kUpstream, "ZITADEL's answer is too large"},
    {Reason::kAnswerTruncated, Fault::kUpstream, "ZITADEL's answer ended too early"},
    {Reason::kAnswerStalled, Fault::kUpstream,
     "ZITADEL's answer began and did not come to its end in time"},
    {Reason::kConnectionLost, Fault::kUpstream,
     "the connection to ZITADEL was lost before it answered"},
    {Reason::kMalformedAnswer, Fault::kUpstream,
     "ZITADEL's answer is not what the protocol prescribes"},
    {Reason::kIssuerMismatch, Fault::kUpstream, "the discovered issuer is not ZITADEL_DOMAIN"},
    {Reason::kCircuitOpen, Fault::kUpstream,
     "ZITADEL is away, and asked once a second whether it is back"},
    {Reason::kZitadelFailing, Fault::kUpstream,
     "ZITADEL calls every token inactive: it is failing inside"},
    {Reason::kKeySetUnavailable, Fault::kUpstream, "ZITADEL's key set cannot be had"},
    {Reason::kRevocationsUnknown, Fault::kUpstream,
     "ZITADEL's events cannot be had, so nobody can tell whether the access token was revoked"},
    {Reason::kClientAuthenticationRefused, Fault::kOwn,
     "ZITADEL refused this API's own credentials"},
    {Reason::kOurRequestRefused, Fault::kOwn, "ZITADEL calls our request malformed"},
    {Reason::kTooManyWaiting, Fault::kOwn, "too many requests are waiting for ZITADEL"},
    {Reason::kShuttingDown, Fault::kOwn, "the program is stopping"},
    {Reason::kKeyUnusable, Fault::kOwn, "the private key cannot be used"},
    {Reason::kClockWrong, Fault::kOwn, "this machine's clock is wrong"},
    {Reason::kClaimsTooLong, Fault::kOwn, "more is said of a token than is kept of one"},
    {Reason::kScopesLeftOut, Fault::kOwn, "not all that is said of a token is kept"},
    {Reason::kInternal, Fault::kOwn, "internal error"},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(is_in_order() && kRows[std::size(kRows) - 1].reason == Reason::kInternal);

const Row& row_of(Reason reason) noexcept { return kRows[static_cast<std::size_t>(reason)]; }

}  // namespace

Fault fault_of(Reason reason) noexcept { return row_of(reason).fault; }

std::string_view describe(Reason reason) noexcept { return row_of(reason).sentence; }

int http_status(const Error& error) noexcept {
  switch (fault_of(error.reason)) {
    case Fault::kRequest:
      return 400;
    case Fault::kToken:
      return 401;
    case Fault::kPermission:
      return 403;
    case Fault::kLoad:
      return 429;
    case Fault::kUpstream:
    case Fault::kOwn:
      return 503;
  }
  return 503;
}

std::string to_string(const Error& error) {
  std::string text(describe(error.reason));
  if (!error.detail.empty()) text.append(": ").append(error.detail);
  return text;
}

}  // namespace zitadel_auth

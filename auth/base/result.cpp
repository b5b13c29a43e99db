#include "auth/base/result.h"

namespace auth {

Fault fault_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kMalformedAuthorization:
    case Reason::kRepeatedAuthorization:
    case Reason::kAuthorizationTooLong:
      return Fault::kRequest;
    case Reason::kNoToken:
    case Reason::kInactive:
    case Reason::kExpired:
    case Reason::kNotYetValid:
    case Reason::kWrongIssuer:
    case Reason::kWrongAudience:
    case Reason::kOpaqueToken:
    case Reason::kMalformedJwt:
    case Reason::kUnsupportedTokenType:
    case Reason::kUnsupportedExtension:
    case Reason::kUnsupportedAlgorithm:
    case Reason::kUnknownKey:
    case Reason::kAlgorithmMismatch:
    case Reason::kBadSignature:
    case Reason::kMalformedClaims:
    case Reason::kClaimMissing:
    case Reason::kNotAnAccessToken:
      return Fault::kToken;
    case Reason::kRoleMissing:
    case Reason::kScopeMissing:
    case Reason::kWrongOrganisation:
      return Fault::kPermission;
    case Reason::kTooManyFromClient:
      return Fault::kLoad;
    case Reason::kUnreachable:
    case Reason::kTlsFailed:
    case Reason::kTimedOut:
    case Reason::kRateLimited:
    case Reason::kServerError:
    case Reason::kUnexpectedStatus:
    case Reason::kRedirected:
    case Reason::kAnswerTooLarge:
    case Reason::kAnswerTruncated:
    case Reason::kAnswerStalled:
    case Reason::kConnectionLost:
    case Reason::kMalformedAnswer:
    case Reason::kIssuerMismatch:
    case Reason::kCircuitOpen:
    case Reason::kZitadelFailing:
    case Reason::kKeySetUnavailable:
      return Fault::kUpstream;
    case Reason::kClientAuthenticationRefused:
    case Reason::kOurRequestRefused:
    case Reason::kTooManyWaiting:
    case Reason::kShuttingDown:
    case Reason::kKeyUnusable:
    case Reason::kClockWrong:
    case Reason::kClaimsTooLong:
    case Reason::kInternal:
      return Fault::kOwn;
  }
  return Fault::kOwn;
}

std::string_view describe(Reason reason) noexcept {
  switch (reason) {
    case Reason::kMalformedAuthorization:
      return "the Authorization header is not of the form \"Bearer TOKEN\"";
    case Reason::kRepeatedAuthorization:
      return "the Authorization header arrived more than once";
    case Reason::kAuthorizationTooLong:
      return "the Authorization header is too long";
    case Reason::kNoToken:
      return "no access token was sent";
    case Reason::kInactive:
      return "the access token is not active";
    case Reason::kExpired:
      return "the access token has expired";
    case Reason::kNotYetValid:
      return "the access token is not valid yet";
    case Reason::kWrongIssuer:
      return "the access token is of another issuer";
    case Reason::kWrongAudience:
      return "the access token is not meant for this API";
    case Reason::kOpaqueToken:
      return "the access token is opaque, and only JWTs are taken here";
    case Reason::kMalformedJwt:
      return "the access token is not a well-formed JWT";
    case Reason::kUnsupportedTokenType:
      return "the access token's typ is neither JWT nor at+jwt";
    case Reason::kUnsupportedExtension:
      return "the access token's header asks for an extension of JWS";
    case Reason::kUnsupportedAlgorithm:
      return "the access token's alg is not one that is taken here";
    case Reason::kUnknownKey:
      return "the access token's kid names no key of the issuer";
    case Reason::kAlgorithmMismatch:
      return "the access token's alg does not fit the key that its kid names";
    case Reason::kBadSignature:
      return "the access token's signature is wrong";
    case Reason::kMalformedClaims:
      return "a claim of the access token does not have the prescribed form";
    case Reason::kClaimMissing:
      return "the access token lacks a required claim";
    case Reason::kNotAnAccessToken:
      return "the token is not an access token but one for another purpose";
    case Reason::kRoleMissing:
      return "the user has not been granted the role";
    case Reason::kScopeMissing:
      return "the access token lacks the scope";
    case Reason::kWrongOrganisation:
      return "the user does not belong to the organisation";
    case Reason::kTooManyFromClient:
      return "too many requests of this client are waiting";
    case Reason::kUnreachable:
      return "ZITADEL cannot be reached";
    case Reason::kTlsFailed:
      return "the TLS connection to ZITADEL was refused";
    case Reason::kTimedOut:
      return "ZITADEL did not answer in time";
    case Reason::kRateLimited:
      return "ZITADEL limits our calls (429)";
    case Reason::kServerError:
      return "ZITADEL answered with a server error (5xx)";
    case Reason::kUnexpectedStatus:
      return "ZITADEL answered with an unexpected status";
    case Reason::kRedirected:
      return "ZITADEL answered with a redirect, which is never followed";
    case Reason::kAnswerTooLarge:
      return "ZITADEL's answer is too large";
    case Reason::kAnswerTruncated:
      return "ZITADEL's answer ended too early";
    case Reason::kAnswerStalled:
      return "ZITADEL's answer began and did not come to its end in time";
    case Reason::kConnectionLost:
      return "the connection to ZITADEL was lost before it answered";
    case Reason::kMalformedAnswer:
      return "ZITADEL's answer is not what the protocol prescribes";
    case Reason::kIssuerMismatch:
      return "the discovered issuer is not ZITADEL_DOMAIN";
    case Reason::kCircuitOpen:
      return "ZITADEL is away, and asked once a second whether it is back";
    case Reason::kZitadelFailing:
      return "ZITADEL calls every token inactive: it is failing inside";
    case Reason::kKeySetUnavailable:
      return "ZITADEL's key set cannot be had";
    case Reason::kClientAuthenticationRefused:
      return "ZITADEL refused this API's own credentials";
    case Reason::kOurRequestRefused:
      return "ZITADEL calls our request malformed";
    case Reason::kTooManyWaiting:
      return "too many requests are waiting for ZITADEL";
    case Reason::kShuttingDown:
      return "the program is stopping";
    case Reason::kKeyUnusable:
      return "the private key cannot be used";
    case Reason::kClockWrong:
      return "this machine's clock is wrong";
    case Reason::kClaimsTooLong:
      return "more is said of a token than is kept of one";
    case Reason::kInternal:
      return "internal error";
  }
  return "internal error";
}

std::string to_string(const Error& error) {
  std::string text(describe(error.reason));
  if (!error.detail.empty()) text.append(": ").append(error.detail);
  return text;
}

}  // namespace auth

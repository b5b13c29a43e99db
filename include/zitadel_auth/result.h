// SPDX-License-Identifier: Apache-2.0
/// @file
/// Result<T, E>: a T, or an E that says why there is none.
///
/// E is an Error where a request is decided, and a Mistake or Mistakes where an operator or a user
/// has to mend something. Members are spelt like std::expected, so that it can take over one day.
/// No exception crosses a public function.
#ifndef ZITADEL_AUTH_RESULT_H
#define ZITADEL_AUTH_RESULT_H

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace zitadel_auth {

/// Who has to act when a request is refused.
enum class Fault {
  kRequest,     ///< the caller sent something malformed
  kToken,       ///< the caller needs another access token
  kPermission,  ///< somebody has to grant the caller more
  kLoad,        ///< the caller asks for more at once than its share
  kUpstream,    ///< ZITADEL, or the way to it
  kOwn,         ///< the operator of this program
};

/// Every way in which an operation fails. Each has one Fault and one fixed sentence.
enum class Reason {
  // Fault::kRequest
  /// The Authorization header is not of the form "Bearer TOKEN".
  kMalformedAuthorization,
  /// The Authorization header arrived more than once.
  kRepeatedAuthorization,
  /// The Authorization header is too long.
  kAuthorizationTooLong,
  /// The cookie of the access token does not hold one token, or arrived more than once.
  kMalformedCookie,
  /// The Sec-WebSocket-Protocol header does not name one access token behind "bearer".
  kMalformedSubprotocol,
  /// Access tokens arrived in several ways at once.
  kSeveralTokens,
  // Fault::kToken
  /// No access token was sent.
  kNoToken,
  /// The access token is not active.
  kInactive,
  /// The access token has expired.
  kExpired,
  /// The access token is not valid yet.
  kNotYetValid,
  /// The access token is of another issuer.
  kWrongIssuer,
  /// The access token is not meant for this API.
  kWrongAudience,
  // Fault::kToken, of a JWT that is checked here and not by ZITADEL
  /// The access token is opaque, and only JWTs are taken here.
  kOpaqueToken,
  /// The access token is not a well-formed JWT.
  kMalformedJwt,
  /// The access token's typ is neither JWT nor at+jwt.
  kUnsupportedTokenType,
  /// The access token's header asks for an extension of JWS.
  kUnsupportedExtension,
  /// The access token's alg is not one that is taken here.
  kUnsupportedAlgorithm,
  /// The access token's kid names no key of the issuer.
  kUnknownKey,
  /// The access token's alg does not fit the key that its kid names.
  kAlgorithmMismatch,
  /// The access token's signature is wrong.
  kBadSignature,
  /// A claim of the access token does not have the prescribed form.
  kMalformedClaims,
  /// The access token lacks a required claim.
  kClaimMissing,
  /// The token is not an access token but one for another purpose.
  kNotAnAccessToken,
  kRevoked,
  // Fault::kPermission
  /// The user has not been granted the role.
  kRoleMissing,
  /// The access token lacks the scope.
  kScopeMissing,
  /// The user does not belong to the organisation.
  kWrongOrganisation,
  /// The request does not come from a network that is allowed.
  kWrongNetwork,
  /// The access token came in a cookie, and nothing says that the request is the site's own.
  kCrossSite,
  // Fault::kLoad
  /// Too many requests of this client are waiting.
  kTooManyFromClient,
  // Fault::kUpstream
  /// ZITADEL cannot be reached.
  kUnreachable,
  /// The TLS connection to ZITADEL was refused.
  kTlsFailed,
  /// ZITADEL did not answer in time.
  kTimedOut,
  /// ZITADEL limits our calls (429).
  kRateLimited,
  /// ZITADEL answered with a server error (5xx).
  kServerError,
  /// ZITADEL answered with an unexpected status.
  kUnexpectedStatus,
  /// ZITADEL answered with a redirect, which is never followed.
  kRedirected,
  /// ZITADEL's answer is too large.
  kAnswerTooLarge,
  /// ZITADEL's answer ended too early.
  kAnswerTruncated,
  /// ZITADEL's answer began and did not come to its end in time.
  kAnswerStalled,
  /// The connection to ZITADEL was lost before it answered.
  kConnectionLost,
  /// ZITADEL's answer is not what the protocol prescribes.
  kMalformedAnswer,
  /// The discovered issuer is not ZITADEL_DOMAIN.
  kIssuerMismatch,
  /// ZITADEL is away, and asked once a second whether it is back.
  kCircuitOpen,
  /// ZITADEL calls every token inactive: it is failing inside.
  kZitadelFailing,
  /// ZITADEL's key set cannot be had.
  kKeySetUnavailable,
  kRevocationsUnknown,
  // Fault::kOwn
  /// ZITADEL refused this API's own credentials.
  kClientAuthenticationRefused,
  /// ZITADEL calls our request malformed.
  kOurRequestRefused,
  /// Too many requests are waiting for ZITADEL.
  kTooManyWaiting,
  /// The program is stopping.
  kShuttingDown,
  /// The private key cannot be used.
  kKeyUnusable,
  /// This machine's clock is wrong.
  kClockWrong,
  /// More is said of a token than is kept of one.
  kClaimsTooLong,
  /// Not all that is said of a token is kept; told to the log, refuses nobody.
  kScopesLeftOut,
  /// Internal error.
  kInternal,
};

/// Returns who has to act.
[[nodiscard]] Fault fault_of(Reason reason) noexcept;

/// Returns the fixed sentence for operators and developers. It contains nothing of a token, claim
/// or setting.
[[nodiscard]] std::string_view describe(Reason reason) noexcept;

/// Why an operation failed.
struct Error {
  Reason reason = Reason::kInternal;  ///< what the caller may be told
  std::string detail{};               ///< for the log only; never holds a token or a key
  std::optional<std::chrono::seconds> retry_after{};  ///< when to ask again, if known
};

/// "sentence: detail", for a log line.
[[nodiscard]] std::string to_string(const Error& error);

/// The status of the response to a refused request (RFC 6750 §3.1, RFC 6585 §4): 400, 401 (with
/// "WWW-Authenticate: Bearer"), 403, 429 or 503 (with retry_after in Retry-After).
[[nodiscard]] int http_status(const Error& error) noexcept;

/// A mistake in something that the operator or the user of a command wrote, and the remedy.
/// Contains no secret. The header of a function that returns one says whether it is a whole
/// sentence or follows the name of a thing: "cannot be opened: Permission denied".
struct Mistake {
  std::string sentence{};  ///< what is wrong, and what to write instead
};

/// Mistakes, each one a whole sentence.
using Mistakes = std::vector<std::string>;

/// A T, or an E that says why there is none. One thread at a time, as its contents.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  /// Makes a result with a value.
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  /// Makes a result with an error.
  Result(E error) : outcome_(std::in_place_index<1>, std::move(error)) {}
  /// Makes a result with an error that has no detail.
  Result(Reason reason) requires std::is_same_v<E, Error> : Result(Error{reason}) {}

  /// Whether it went well.
  [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
  /// As has_value.
  explicit operator bool() const noexcept { return has_value(); }

  /// @name The value
  /// @{

  /// REQUIRES: has_value().
  [[nodiscard]] T& value() & { return *std::get_if<0>(&outcome_); }
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&outcome_); }
  [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&outcome_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// @}

  /// @name The error
  /// @{

  /// REQUIRES: !has_value().
  [[nodiscard]] const E& error() const& { return *std::get_if<1>(&outcome_); }
  [[nodiscard]] E&& error() && { return std::move(*std::get_if<1>(&outcome_)); }
  /// @}

 private:
  std::variant<T, E> outcome_;
};

/// Whether it went well.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  /// Makes a result without an error.
  Result() = default;
  /// Makes a result with an error.
  Result(E error) : error_(std::move(error)) {}
  /// Makes a result with an error that has no detail.
  Result(Reason reason) requires std::is_same_v<E, Error> : Result(Error{reason}) {}

  /// Whether it went well.
  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  /// As has_value.
  explicit operator bool() const noexcept { return has_value(); }

  /// @name The error
  /// @{

  /// REQUIRES: !has_value().
  [[nodiscard]] const E& error() const& { return *error_; }
  [[nodiscard]] E&& error() && { return *std::move(error_); }
  /// @}

 private:
  std::optional<E> error_{};
};

}  // namespace zitadel_auth

#endif

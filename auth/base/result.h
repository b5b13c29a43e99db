// Result<T>: a T, or an Error that says why there is none.
//
// Members are spelt like std::expected, so that it can take over one day. Values of this kind are
// the only way an operation of this library fails; no exception crosses a public function.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace auth {

// Who has to act when a request is not let in.
enum class Fault {
  kRequest,     // the caller sent something malformed
  kToken,       // the caller needs another access token
  kPermission,  // somebody has to grant the caller more
  kUpstream,    // ZITADEL, or the way to it
  kOwn,         // the operator of this program
};

// Every way in which an operation fails. Each has one Fault and one fixed sentence.
enum class Reason {
  // Fault::kRequest
  kMalformedAuthorization,
  kRepeatedAuthorization,
  kAuthorizationTooLong,
  // Fault::kToken
  kNoToken,
  kInactive,
  kExpired,
  kNotYetValid,
  kWrongIssuer,
  kWrongAudience,
  // Fault::kToken, of a JWT that is checked here and not by ZITADEL
  kOpaqueToken,
  kMalformedJwt,
  kUnsupportedTokenType,
  kUnsupportedExtension,
  kUnsupportedAlgorithm,
  kUnknownKey,
  kAlgorithmMismatch,
  kBadSignature,
  kMalformedClaims,
  kClaimMissing,
  kNotAnAccessToken,
  // Fault::kPermission
  kRoleMissing,
  kScopeMissing,
  kWrongOrganisation,
  // Fault::kUpstream
  kUnreachable,
  kTlsFailed,
  kTimedOut,
  kRateLimited,
  kServerError,
  kUnexpectedStatus,
  kRedirected,
  kAnswerTooLarge,
  kAnswerTruncated,
  kMalformedAnswer,
  kIssuerMismatch,
  kCircuitOpen,
  kKeySetUnavailable,
  // Fault::kOwn
  kClientAuthenticationRefused,
  kOurRequestRefused,
  kTooManyWaiting,
  kShuttingDown,
  kKeyUnusable,
  kClockWrong,
  kInternal,
};

[[nodiscard]] Fault fault_of(Reason reason) noexcept;

// One fixed sentence for operators and developers. Holds nothing of a token, claim or setting.
[[nodiscard]] std::string_view describe(Reason reason) noexcept;

struct Error {
  Reason reason = Reason::kInternal;
  std::string detail{};  // for the log only; never holds a token or a key
  std::optional<std::chrono::seconds> retry_after{};  // when asking again makes sense, if known
};

// "sentence: detail", for a log line.
[[nodiscard]] std::string to_string(const Error& error);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : outcome_(std::in_place_index<1>, std::move(error)) {}
  Result(Reason reason) : Result(Error{reason}) {}

  [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // REQUIRES: has_value().
  [[nodiscard]] T& value() & { return *std::get_if<0>(&outcome_); }
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&outcome_); }
  [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&outcome_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&outcome_); }
  [[nodiscard]] Error&& error() && { return std::move(*std::get_if<1>(&outcome_)); }

 private:
  std::variant<T, Error> outcome_;
};

}  // namespace auth

// Result<T, E>: a T, or an E that says why there is none.
//
// E is an Error where a request is decided, and a Mistake or Mistakes where an operator or a user
// has to mend something. Members are spelt like std::expected, so that it can take over one day. No
// exception crosses a public function.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace auth {

// Who has to act when a request is refused.
enum class Fault {
  kRequest,     // the caller sent something malformed
  kToken,       // the caller needs another access token
  kPermission,  // somebody has to grant the caller more
  kLoad,        // the caller asks for more at once than its share
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
  // Fault::kLoad
  kTooManyFromClient,
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
  kAnswerStalled,
  kConnectionLost,
  kMalformedAnswer,
  kIssuerMismatch,
  kCircuitOpen,
  kZitadelFailing,
  kKeySetUnavailable,
  // Fault::kOwn
  kClientAuthenticationRefused,
  kOurRequestRefused,
  kTooManyWaiting,
  kShuttingDown,
  kKeyUnusable,
  kClockWrong,
  kClaimsTooLong,
  kScopesLeftOut,  // told to the log, refuses nobody
  kInternal,
};

[[nodiscard]] Fault fault_of(Reason reason) noexcept;

// Returns the fixed sentence for operators and developers. It contains nothing of a token, claim or
// setting.
[[nodiscard]] std::string_view describe(Reason reason) noexcept;

struct Error {
  Reason reason = Reason::kInternal;
  std::string detail{};  // for the log only; never holds a token or a key
  std::optional<std::chrono::seconds> retry_after{};  // when asking again makes sense, if known
};

// "sentence: detail", for a log line.
[[nodiscard]] std::string to_string(const Error& error);

// A mistake in something that the operator or the user of a command wrote, and the remedy. Contains
// no secret. The header of a function that returns one says whether it is a whole sentence or
// follows the name of a thing: "cannot be opened: Permission denied".
struct Mistake {
  std::string sentence{};
};

// Whole sentences, one each.
using Mistakes = std::vector<std::string>;

template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : outcome_(std::in_place_index<1>, std::move(error)) {}
  Result(Reason reason) requires std::is_same_v<E, Error> : Result(Error{reason}) {}

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
  [[nodiscard]] const E& error() const& { return *std::get_if<1>(&outcome_); }
  [[nodiscard]] E&& error() && { return std::move(*std::get_if<1>(&outcome_)); }

 private:
  std::variant<T, E> outcome_;
};

// Whether it went well.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}
  Result(Reason reason) requires std::is_same_v<E, Error> : Result(Error{reason}) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }

  // REQUIRES: !has_value().
  [[nodiscard]] const E& error() const& { return *error_; }
  [[nodiscard]] E&& error() && { return *std::move(error_); }

 private:
  std::optional<E> error_{};
};

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
/// @file
/// TokenValidator: decides for any server whether a ZITADEL access token meets a requirement.
///
/// @code
/// const auto validator = zitadel_auth::TokenValidator::open();
/// const auto door = zitadel_auth::Requirement::parse("role:read:messages");
/// const auto caller = (*validator)->wait(authorization_header, *door, client_address);
/// if (!caller) return refuse(zitadel_auth::http_status(caller.error()));
/// return greet((*caller)->subject());
/// @endcode
#ifndef ZITADEL_AUTH_TOKEN_VALIDATOR_H
#define ZITADEL_AUTH_TOKEN_VALIDATOR_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zitadel_auth/claims.h"
#include "zitadel_auth/requirement.h"
#include "zitadel_auth/result.h"

namespace zitadel_auth {

/// Thread-safe. Owns what it needs: the connections to ZITADEL, the known tokens, and a few
/// threads, which inherit the signal mask of the thread that called open(). Ignore SIGPIPE in your
/// program.
class TokenValidator {
 public:
  /// The claims of the token, or the reason why it does not meet the requirement.
  using Answer = Result<std::shared_ptr<const Claims>>;
  /// A function that takes the answer. It must not block, and must not throw.
  using Done = std::function<void(Answer)>;

  /// Reads the settings of api.fcgi from the process's environment, then from the .env file that
  /// ZITADEL_ENV_FILE names (or ".env" in the working directory). Returns all mistakes in them
  /// together, as sentences for the operator. Does not wait for a server.
  [[nodiscard]] static Result<std::unique_ptr<TokenValidator>, Mistakes> open();
  /// The same with "NAME=value" strings instead of the process's environment.
  [[nodiscard]] static Result<std::unique_ptr<TokenValidator>, Mistakes> open(
      const std::vector<std::string>& environment);

  /// Answers all callers that still wait with Reason::kShuttingDown. Must not be called from a
  /// `done`.
  ~TokenValidator();
  TokenValidator(const TokenValidator&) = delete;             ///< Not copied.
  TokenValidator& operator=(const TokenValidator&) = delete;  ///< Not copied.

  /// Calls `done` exactly once: before it returns if the answer is known, otherwise later on
  /// another thread. Never waits.
  ///
  /// authorization: the value of the request's Authorization header, "Bearer TOKEN" (RFC 6750
  /// §2.1), or empty if there is none. If there is more than one header, refuse the request
  /// yourself. client: the client's IP address. It is used so that no client asks ZITADEL about
  /// more tokens at once than its share, and for requirements that name a network; empty: unknown,
  /// and in no network. The requirement must live until `done` is called; the texts need not.
  void authorize(std::string_view authorization, const Requirement& requirement,
                 std::string_view client, Done done);

  /// The same for a server with a thread for each request: waits for the answer, at most for
  /// ZITADEL_CONNECT_TIMEOUT_MS and ZITADEL_TIMEOUT_MS of each question that it takes.
  [[nodiscard]] Answer wait(std::string_view authorization, const Requirement& requirement,
                            std::string_view client);

 private:
  struct Impl;
  explicit TokenValidator(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace zitadel_auth

#endif

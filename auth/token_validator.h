// SPDX-License-Identifier: Apache-2.0
// TokenValidator: the one entry point. Decides whether an access token is accepted.
//
// A known token is answered from memory at once, and so is a JWT that can be checked here
// (auth/known_tokens.h). ZITADEL is asked about other tokens (RFC 7662), off the caller's thread;
// all callers with the same token meanwhile share that question (auth/questions.h).
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/readiness.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"

namespace auth {

class ClientAuthentication;
class Clock;
class Denials;
class HttpClient;
class Purges;
class SharedCache;
class TokenCache;
class Workers;
struct Settings;

// Thread-safe.
class TokenValidator {
 public:
  using Answer = Result<std::shared_ptr<const Claims>>;
  using Done = std::function<void(Answer)>;
  // Returns the client's IP address: no client asks about more tokens at once than its share.
  // Empty, or an empty function: unknown.
  using Client = std::function<std::string_view()>;

  // All must outlive the validator.
  struct Dependencies {
    HttpClient& http;
    ClientAuthentication& authentication;
    const Clock& clock;
    Workers& workers;
    SharedCache* shared = nullptr;     // null: this process learns alone
    bool refresh_ahead = true;         // false if the process ends with its first request, so that
                                       // nothing is asked for that only a later one would need
    const Purges* purges = nullptr;    // null: no events report what has ended tokens
    const Denials* denials = nullptr;  // the same for JWTs; null if purges is null
    Metrics& metrics = Metrics::unread();
    TokenCache* known = nullptr;  // null: nothing is known yet, and it is shared with nobody
    // The validator whose keys of ZITADEL count here as well; it need not outlive this one. Null if
    // none are known.
    const TokenValidator* before = nullptr;
  };

  // A caller who waits for an answer, or has it already.
  class Waiting {
   public:
    Waiting() = default;

    // Whether done was not called yet when authorize returned.
    explicit operator bool() const noexcept { return static_cast<bool>(take_back_); }

    // Cancels the waiting, because the client has gone. Returns true if done will never be called;
    // false if it was called, or is being called.
    bool cancel() const { return take_back_ && take_back_(); }

   private:
    friend class TokenValidator;
    explicit Waiting(std::function<bool()> take_back) : take_back_(std::move(take_back)) {}

    std::function<bool()> take_back_{};
  };

  TokenValidator(const Settings& settings, Dependencies dependencies);
  // Calls stop.
  ~TokenValidator();
  TokenValidator(const TokenValidator&) = delete;
  TokenValidator& operator=(const TokenValidator&) = delete;

  // Calls done exactly once, unless the waiting is cancelled: before returning if the answer is
  // known (or too many wait), else on a worker or on the thread that calls stop. Never blocks.
  // The requirement must outlive the call of done; the token need not outlive this call. client is
  // only called if the answer is not known or a network is required, before this returns or calls
  // done. Value: the token is valid here and its claims meet the requirement. For a public
  // requirement, no token is checked and the claims are empty. Errors: any Reason but those of the
  // header.
  Waiting authorize(SecretView token, const Requirement& requirement, const Client& client,
                    Done done);

  // Opens the connection to ZITADEL, does discovery and asks for the key set, if it is needed, in
  // the background.
  void warm_up();

  // Reports whether all is there to check a token: see Readiness::ask. After stop, nothing is.
  void tell_readiness(const Readiness::Told& told);

  // Takes nothing new, ends all waiting with kShuttingDown, and returns when what was under way
  // has ended: nobody is called any more, and nothing that the validator depends on is used. Not to
  // be called by done.
  void stop();

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace auth

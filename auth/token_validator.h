// TokenValidator: the one door. Decides whether an access token opens it.
//
// A known token is answered from memory at once, and so is a JWT that can be judged here
// (auth/local_validation.h). Another one is asked about at ZITADEL (RFC 7662), off the caller's
// thread; all who ask about the same token meanwhile share that question.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/base/worker_pool.h"
#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Thread-safe.
class TokenValidator {
 public:
  using Answer = Result<std::shared_ptr<const Claims>>;
  using Done = std::function<void(Answer)>;

  // All must outlive the validator.
  struct Neighbours {
    HttpClient& http;
    ClientAuthentication& authentication;
    const Clock& clock;
    WorkerPool& workers;
    SharedCache* shared = nullptr;  // null: this process learns alone
    bool refresh_ahead = true;      // false where the process ends with its first request, so that
                                    // nothing is asked for that only a later one would need
  };

  TokenValidator(const Settings& settings, Neighbours neighbours);
  ~TokenValidator();

  // Calls done exactly once: before returning where the answer is known (or too many wait), else
  // on a thread of the worker pool. Never blocks on the network. The requirement must outlive the
  // call of done; the token need not outlive this one.
  // Value: the token is valid here and its claims meet the requirement. For a public requirement
  // no token is looked at and the claims are empty. Errors: any Reason but those of the header.
  void authorize(SecretView token, const Requirement& requirement, Done done);

  // Opens the connection to ZITADEL, does discovery and asks for the key set, where it is needed,
  // in the background.
  void warm_up();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace auth

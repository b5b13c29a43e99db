// How the feed authenticates at ZITADEL: with a personal access token, or with the key of a service
// user, which it exchanges for an access token (RFC 7523 §2.1).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/events/await.h"
#include "auth/settings/settings.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// One thread. All that it is given must outlive it.
class EventsAccess {
 public:
  EventsAccess(const EventsToken& token, Discovery& discovery, HttpClient& http, const Clock& clock)
      : token_(token), discovery_(discovery), http_(http), clock_(clock) {}

  // The value of the Authorization header. Waits. Errors: those of Discovery::get,
  // HttpClient::send and status_error; kKeyUnusable, kMalformedAnswer.
  [[nodiscard]] Result<Secret> authorization(const WhileWaiting& while_waiting);

  // ZITADEL has refused it.
  void refused() { exchanged_ = Secret(); }

 private:
  [[nodiscard]] Result<void> exchange(const ServiceUserKey& key, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<void> take(const HttpResponse& answer);

  const EventsToken& token_;
  Discovery& discovery_;
  HttpClient& http_;
  const Clock& clock_;
  Secret exchanged_{};
  SteadyTime use_until_{};
};

}  // namespace auth

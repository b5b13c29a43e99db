// SPDX-License-Identifier: Apache-2.0
// Parts: what a validator needs, made from the settings and put together.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/worker_pool.h"
#include "auth/events/denials.h"
#include "auth/events/purges.h"
#include "auth/feeding.h"
#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/curl_http_client.h"

namespace auth {

// What the process is there for.
enum class Lifespan {
  kManyRequests,
  kOneRequest,  // plain CGI: no thread is started, and nothing is asked that only a later one needs
};

// Made, started and stopped by one thread; the validator is thread-safe.
class Parts {
 public:
  // Takes the key and the cache's address out of the settings, which must outlive it as the clock
  // must.
  Parts(Settings& settings, Lifespan lifespan, const Clock& clock);
  // As stop.
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  [[nodiscard]] TokenValidator& validator() noexcept { return *validator_; }

  // Begins what is better begun before the first request: the connection to ZITADEL, the event
  // feed. REQUIRES: kManyRequests.
  void start();

  // Whoever still waits is told so, and from here on nobody is called any more.
  void stop();

 private:
  void use_once(bool others_know, Settings& settings, const Clock& clock);

  std::unique_ptr<SharedCache> shared_;
  WorkerPool workers_;
  std::unique_ptr<ClientAuthentication> authentication_;
  CurlHttpClient http_;
  Purges purges_;
  std::optional<Denials>
      denials_{};  // where JWTs are checked here, and events tell which have ended
  std::optional<Feeding> feeding_{};
  std::optional<TokenValidator> validator_{};
};

// Where this user's processes meet (ZITADEL_CACHE_DIR).
[[nodiscard]] std::string cache_folder(const Settings& settings);

// Null where nothing is to be shared, or OpenSSL fails: this process then learns alone. Takes the
// address of the cache server out of the settings, and needs the client secret in them.
[[nodiscard]] std::unique_ptr<SharedCache> shared_cache_of(Settings& settings, const Clock& clock);

// Whether callers' roles in other projects than this API's are passed on.
[[nodiscard]] bool passes_roles(const Settings& settings);

// Whether JWTs are checked here, and events tell which of them have ended.
[[nodiscard]] bool follows_jwts(const Settings& settings);
// Whether ZITADEL is asked for events: there is something that they could end.
[[nodiscard]] bool is_fed(const Settings& settings);
// Whether processes share anything: answers, or which JWTs have ended.
[[nodiscard]] bool shares_anything(const Settings& settings);

// Says in the log what of the settings is of no effect, or risky.
void warn_of_settings(const Settings& settings, Lifespan lifespan);

}  // namespace auth

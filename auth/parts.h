// SPDX-License-Identifier: Apache-2.0
// Parts: what a validator needs, made from the settings and put together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/worker_pool.h"
#include "auth/feeding.h"
#include "auth/knowledge.h"
#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/curl_http_client.h"

namespace auth {

// How many requests the process serves.
enum class Lifespan {
  kManyRequests,
  kOneRequest,  // plain CGI: no thread is started, and nothing is asked that only a later one needs
};

// Made, started and stopped by one thread; the validator is thread-safe.
class Parts {
 public:
  // Takes the key and the cache's address out of the settings. Settings and clock must outlive it.
  // metrics: not null. before: the parts that these replace, or null. What those know is known here
  // too, if it means the same and is counted at the same place.
  Parts(Settings& settings, Lifespan lifespan, const Clock& clock,
        const std::shared_ptr<Metrics>& metrics, const Parts* before = nullptr);
  // Calls stop.
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  [[nodiscard]] TokenValidator& validator() noexcept { return *validator_; }

  // Starts what is better started before the first request: the connection to ZITADEL, the event
  // feed. before: as above; its feed ends. REQUIRES: kManyRequests.
  void start(Parts* before = nullptr);

  // Calls alive soon on a worker.
  void look_alive(Workers::Task alive) { workers_.run(std::move(alive)); }

  // Ends all waiting callers with kShuttingDown. After that, nobody is called any more.
  void stop();

 private:
  void feed(Settings& settings, Lifespan lifespan, const Clock& clock, bool is_under_way);
  void use_once(bool others_know, Settings& settings, const Clock& clock);
  [[nodiscard]] bool goes_on(const Parts* before) const noexcept {
    return before != nullptr && before->knowledge_ == knowledge_;
  }
  [[nodiscard]] Denials* denials() const noexcept {
    return knowledge_->denials ? &*knowledge_->denials : nullptr;
  }

  const TokenCache::Limits limits_;
  const std::shared_ptr<Knowledge> knowledge_;
  std::unique_ptr<SharedCache> shared_;
  WorkerPool workers_;
  std::unique_ptr<ClientAuthentication> authentication_;
  CurlHttpClient http_;
  std::optional<Feeding> feeding_{};
  std::optional<TokenValidator> validator_{};
};

// Returns the folder that this user's processes share (ZITADEL_CACHE_DIR).
[[nodiscard]] std::string cache_folder(const Settings& settings);

// Returns the shared cache. Null if nothing has to be shared, or OpenSSL fails: this process then
// learns alone. Takes the address of the cache server out of the settings, and needs the client
// secret in them.
[[nodiscard]] std::unique_ptr<SharedCache> shared_cache_of(Settings& settings, const Clock& clock,
                                                           Metrics& metrics = Metrics::unread());

// Whether processes share anything: answers, or which JWTs have ended.
[[nodiscard]] bool shares_anything(const Settings& settings);

// Returns what this process serves, for the first line of its log; without secrets. To be called
// before Parts are made of the settings.
[[nodiscard]] std::string in_words(const Settings& settings);

// Logs which settings have no effect, or are risky.
void warn_of_settings(const Settings& settings, Lifespan lifespan);

}  // namespace auth

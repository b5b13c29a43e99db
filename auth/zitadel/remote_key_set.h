// SPDX-License-Identifier: Apache-2.0
// RemoteKeySet: ZITADEL's public keys, from the jwks_uri that discovery names (RFC 7517 §5), kept
// and refreshed without making anybody wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/base/worker_pool.h"
#include "auth/jose/jwk.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/freshness.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Minimum interval between refreshes for key ids that the set does not hold, whatever callers make
// up, and after a refresh that failed while no set is known.
constexpr std::chrono::seconds kMinKeyRefreshInterval{1};
// Minimum time after a refresh that failed, for keys that are known.
constexpr std::chrono::seconds kKeyRefreshRetry{30};
// Interval at which a set in use is refreshed, to learn of new keys and of deleted ones. Shorter,
// down to kKeyRefreshRetry, if ZITADEL says so, or if a cache has kept the set for a while (Age).
constexpr std::chrono::seconds kKeyRefreshInterval{300};
// A set older than this is not used until it has been refreshed: a key may have been deleted.
constexpr std::chrono::seconds kMaxKeySetAge{900};

// Thread-safe. Made with std::make_shared: a refresh that is under way keeps it alive. All that it
// is given must outlive it.
class RemoteKeySet : public std::enable_shared_from_this<RemoteKeySet> {
 public:
  RemoteKeySet(std::shared_ptr<Discovery> discovery, HttpClient& http, Workers& workers,
               const Clock& clock, Metrics& metrics = Metrics::unread())
      : discovery_(std::move(discovery)),
        http_(http),
        workers_(workers),
        clock_(clock),
        metrics_(metrics),
        failures_(clock) {}

  // Returns the key of that id, or where a token names none, the only one. Never blocks; refreshes
  // in the background where that is due. A good answer replaces the set; one that fails or holds no
  // key leaves the last good one in use. Errors:
  //   kUnknownKey         ZITADEL was asked for this key id, and has no such key
  //   kKeySetUnavailable  not known now: the set is being refreshed (see when_asked), or
  //                       retry_after says when it can be again
  [[nodiscard]] Result<jose::SharedKey> find(const std::optional<std::string>& key_id);

  // Calls done once: when the refresh that is under way has ended, on a worker or on the HTTP
  // client's thread; before returning if none is. It must not block.
  void when_asked(std::function<void()> done);

  // Returns when ZITADEL last sent a set that differs from the one before: what was decided earlier
  // may no longer be true.
  [[nodiscard]] SteadyTime changed_at() const noexcept { return changed_at_.load(); }

  // Takes over the keys that another set of this issuer has, and refreshes them soon.
  // REQUIRES: nobody else knows this one yet.
  void take_over(const RemoteKeySet& before);

  // Asks for the set if none is known or it is due, so that the first token finds one.
  void warm_up();

  // Asks for the set in the background, for it has changed. Returns false, and asks nothing, if it
  // is being asked for already: that answer may be older than the change.
  [[nodiscard]] bool read_again();

 private:
  enum class State : std::uint8_t {
    kNone,        // no set is known
    kFirst,       // no set is known, and ZITADEL is being asked
    kUsable,      // the set is used
    kRefreshing,  // the set is used, and ZITADEL is being asked
    kTooOld,      // the set is not used until ZITADEL, which is being asked, has answered
    kOver,        // the HTTP client has ended: nobody can be asked
  };
  using KeyId = std::optional<std::string>;

  [[nodiscard]] bool is_asking() const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool is_due(SteadyTime now) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool is_due_for(const KeyId& unknown, SteadyTime now) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool is_missing(const KeyId& key_id, SteadyTime now) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool begin_for(const KeyId& key_id);
  void begin(SteadyTime now) REQUIRES_LOCK(mutex_);
  void ask();
  void fetch(const std::string& jwks_uri);
  void note_change(HttpResponse answer);
  void count(bool is_good);
  void settle(Result<jose::JwkSet> answer);
  void replace(std::shared_ptr<const jose::JwkSet> keys) REQUIRES_LOCK(mutex_);
  void keep(Error failure) REQUIRES_LOCK(mutex_);
  [[nodiscard]] jose::SharedKey usable(const KeyId& key_id) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] Error refusal(const KeyId& key_id) const REQUIRES_LOCK(mutex_);

  const std::shared_ptr<Discovery> discovery_;
  HttpClient& http_;
  Workers& workers_;
  const Clock& clock_;
  Metrics& metrics_;
  FailureLog failures_;
  std::atomic<SteadyTime> changed_at_{};

  mutable Mutex mutex_;
  std::string body_ GUARDED_BY(mutex_){};        // of the last good answer
  bool has_changed_ GUARDED_BY(mutex_) = false;  // the last good answer differs from the one before
  Freshness freshness_ GUARDED_BY(mutex_){};
  State state_ GUARDED_BY(mutex_) = State::kNone;
  std::shared_ptr<const jose::JwkSet> keys_ GUARDED_BY(mutex_);  // the last good one
  std::optional<Error> failure_ GUARDED_BY(mutex_);              // of the last refresh
  SteadyTime asked_at_ GUARDED_BY(mutex_){};                     // when the last refresh began
  SteadyTime answered_at_ GUARDED_BY(mutex_){};
  SteadyTime due_at_ GUARDED_BY(mutex_){};          // of the keys that are known
  std::chrono::seconds age_ GUARDED_BY(mutex_){0};  // of the set when it came
  SteadyTime pause_until_ GUARDED_BY(mutex_){};     // as ZITADEL's Retry-After wants it
  SteadyTime asked_for_unknown_at_ GUARDED_BY(mutex_){};
  std::optional<KeyId> asked_for_ GUARDED_BY(mutex_);  // the key id that the last refresh was for
  std::vector<std::function<void()>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace auth

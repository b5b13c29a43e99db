// KeySet: ZITADEL's public keys, from the jwks_uri that discovery names (RFC 7517 §5), kept and
// renewed without making anybody wait.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/jose/jwk.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// So much lies between two questions for key ids that the set does not hold, whatever callers make
// up, and behind a question that failed.
constexpr std::chrono::seconds kKeySetPause{30};
// Behind one that failed while no set is known at all: nobody can be served until it is.
constexpr std::chrono::seconds kFirstKeySetPause{5};
// A set that is in use is asked for again so often, to learn of new keys and of deleted ones.
constexpr std::chrono::seconds kKeySetRefresh{300};
// One that was not asked for so long serves again only behind a question: a key may have been
// deleted meanwhile.
constexpr std::chrono::seconds kKeySetRest{900};

// Thread-safe. Made with std::make_shared: a question that is under way keeps it alive. The HTTP
// client and the clock must outlive it.
class KeySet : public std::enable_shared_from_this<KeySet> {
 public:
  KeySet(std::shared_ptr<Discovery> discovery, HttpClient& http, const Clock& clock)
      : discovery_(std::move(discovery)), http_(http), clock_(clock), failures_(clock) {}

  // The key of that id, or where a token names none, the only one. Answers at once, and asks
  // ZITADEL in the background where that is due. A good answer replaces the set; one that fails or
  // holds no key leaves the last good one in use. Errors:
  //   kUnknownKey         ZITADEL has no such key, or had none when it was asked less than
  //                       kKeySetPause ago; retry_after says when it can be asked again
  //   kKeySetUnavailable  nobody can tell now: ZITADEL is being asked (see when_asked), or did not
  //                       answer well; then retry_after says when it can be asked again
  [[nodiscard]] Result<jose::SharedKey> find(const std::optional<std::string>& key_id);

  // Calls done once, when the question that is under way has been answered or has failed, on the
  // HTTP client's thread; before returning where none is under way. It must not block.
  void when_asked(std::function<void()> done);

  // Asks where no set is known, so that the first token finds one.
  void warm_up();

 private:
  // Where the set is due to be asked for, counts the question as under way.
  [[nodiscard]] bool begin(bool due, SteadyTime now) REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool begin_for(const std::optional<std::string>& key_id);
  void ask();
  void fetch(const std::string& jwks_uri);
  void check_clock(const Result<HttpResponse>& answer);
  void settle(Result<jose::JwkSet> answer);
  void replace(std::shared_ptr<const jose::JwkSet> keys) REQUIRES_LOCK(mutex_);
  void keep(Error failure) REQUIRES_LOCK(mutex_);
  [[nodiscard]] jose::SharedKey usable(const std::optional<std::string>& key_id) const
      REQUIRES_LOCK(mutex_);
  [[nodiscard]] Error refusal() const REQUIRES_LOCK(mutex_);

  const std::shared_ptr<Discovery> discovery_;
  HttpClient& http_;
  const Clock& clock_;
  FailureLog failures_;

  Mutex mutex_;
  std::shared_ptr<const jose::JwkSet> keys_ GUARDED_BY(mutex_);  // the last good one
  std::optional<Error> failure_ GUARDED_BY(mutex_);              // of the last question
  bool asking_ GUARDED_BY(mutex_) = false;
  bool over_ GUARDED_BY(mutex_) = false;      // the HTTP client has ended: nobody can be asked
  bool resting_ GUARDED_BY(mutex_) = false;   // keys_ serves nobody until the question is answered
  SteadyTime asked_at_ GUARDED_BY(mutex_){};  // when the last question was begun
  std::optional<std::string> asked_for_ GUARDED_BY(mutex_);  // the unknown key id it was begun for
  SteadyTime pause_ends_ GUARDED_BY(mutex_){};               // no question before
  SteadyTime unknown_pause_ends_ GUARDED_BY(mutex_){};       // none for an unknown key before
  std::vector<std::function<void()>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
// Feeding: keeps the purges up to date, on a thread of its own.
//
// One process asks ZITADEL for its events and writes the journal, the others read it, several times
// a second. If the process that asks reports nothing, another takes over. If nothing can be shared,
// each asks for itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/quiet_log.h"
#include "auth/events/access.h"
#include "auth/events/denials.h"
#include "auth/events/feed.h"
#include "auth/events/journal.h"
#include "auth/events/own_losses.h"
#include "auth/events/purges.h"
#include "auth/settings/settings.h"
#include "auth/stopping.h"
#include "auth/store/shared_cache.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Maximum time since the feed was complete; after that, it is behind.
constexpr std::chrono::seconds kFeedBehind{3};
// Time for which it must not have been behind before the log says that it is back: a feed that gets
// its answers slowly is behind again and again.
constexpr std::chrono::seconds kFeedBack{30};
// Time after which an event about users and roles ends answers once more: ZITADEL answers about
// these from projections, which may be behind its events for a while.
constexpr std::chrono::seconds kProjectionLag{3};
// A process that has polled in vain for kRelief lets processes try that are on another machine, or
// have another token; each of them at most once in kReliefPause.
constexpr std::chrono::seconds kRelief{5};
constexpr std::chrono::seconds kReliefPause{60};
// Maximum interval at which the journal is read. It is read at least eight times in the feed's
// interval.
constexpr std::chrono::milliseconds kFollowInterval{100};

class Feeding {
 public:
  // shared: null if nothing is shared. denials: null if no JWT is checked here. All must
  // outlive it. REQUIRES: settings with an events_token.
  Feeding(const Settings& settings, HttpClient& http, SharedCache* shared, Purges& purges,
          Denials* denials, const Clock& clock, Metrics& metrics = Metrics::unread());
  // Calls stop.
  ~Feeding();
  Feeding(const Feeding&) = delete;
  Feeding& operator=(const Feeding&) = delete;

  // Takes what other processes have left, once, on this thread: for a process that ends with its
  // first request. To be called before any token is asked about, and not after start. Returns false
  // if no process has ever left anything, or if it is lost in part.
  bool look();

  // Asks for events itself, once, on this thread: for such a process, if the others have left too
  // little.
  void ask();

  // Stops the other object, which changes the same purges and denials, and takes over what it knows
  // of the feed. To be called before start, instead of look.
  void go_on_from(Feeding& before);

  // Starts the thread. The first poll ends what is known already.
  void start();
  // Stops the thread; another process may take over. To be called before the shared cache is
  // stopped.
  void stop();

  // One turn of the thread; returns after which time the next one is due. For tests.
  [[nodiscard]] std::chrono::milliseconds turn();

 private:
  void run();
  [[nodiscard]] bool is_led_by_another(const std::optional<JournalHead>& head);
  [[nodiscard]] bool may_relieve(const JournalHead& head);
  bool follow(const JournalHead& head);
  void take_over(const std::optional<JournalHead>& head);
  void poll();
  void take(Feed::Poll poll);
  void take_complete(SteadyTime sent);
  void learn(Feed::Poll& found);
  void end_once_more();
  [[nodiscard]] std::chrono::milliseconds pause() const;
  void publish(std::uint64_t relieved = 0);
  void leave();
  void beat();
  void tell_failure(const Error& error);
  void tell_state();
  void note_state();

  const std::chrono::milliseconds interval_;
  const std::chrono::seconds longest_life_;  // of an answer, or of a JWT
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  OwnHttpClient http_;
  Purges& purges_;
  Denials* const denials_;
  const Clock& clock_;
  Metrics& metrics_;
  const OwnLosses losses_;
  Discovery discovery_;
  EventsAccess access_;
  const std::uint64_t id_;  // its first half identifies the machine and the token
  Feed feed_;
  Journal journal_;

  JournalHead head_{};  // the head that this process has written, or read last
  bool polls_ = false;
  std::uint64_t poller_ = 0;     // the other process that polls
  SteadyTime poller_since_{};    // since when it polls, as far as it was seen here
  SteadyTime may_relieve_at_{};  // the earliest time to relieve any poller
  SteadyTime poll_at_{};
  bool is_refused_ = false;  // another token may help before poll_at_
  struct Echo {
    SteadyTime at;
    std::vector<Scope> scopes;
  };
  std::deque<Echo> echoes_{};
  QuietLog log_;
  std::optional<Reason> told_{};  // the failure that was logged and is not over
  bool told_behind_ = false;
  SteadyTime behind_at_{};  // when the feed was behind last

  std::thread thread_{};
  Mutex mutex_;
  std::condition_variable_any wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace auth

#include "auth/token_validator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "auth/base/failure_log.h"
#include "auth/base/log.h"
#include "auth/breaker.h"
#include "auth/cache/token_cache.h"
#include "auth/local_validation.h"
#include "auth/single_flight.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/introspection.h"
#include "auth/zitadel/key_set.h"

namespace auth {
namespace {

// One caller who waits for an answer.
struct Waiter {
  const Requirement* requirement;
  TokenValidator::Done done;
};

using std::chrono::seconds;

using SharedClaims = std::shared_ptr<const Claims>;

// Made afresh on every use: claims stay in the cache longer than a decision may.
TokenValidator::Answer decide(const SharedClaims& claims, const Requirement& requirement,
                              WallTime now) {
  if (claims->expiry() && *claims->expiry() <= now) return Reason::kExpired;
  if (std::optional<Error> refusal = requirement.check(*claims)) return std::move(*refusal);
  return claims;
}

const SharedClaims& no_claims() {
  static const SharedClaims none = std::make_shared<const Claims>();
  return none;
}

Expectations expectations_of(const Settings& settings) {
  return {settings.domain, settings.client_id, settings.project_id, settings.pass_claims};
}

void tell_of_refusal(const Error& error) {
  if (log_enabled(LogLevel::kDebug)) {
    log(LogLevel::kDebug, "a token was refused: " + to_string(error));
  }
}

}  // namespace

// Outlives the validator where questions are under way.
class TokenValidator::Impl : public std::enable_shared_from_this<TokenValidator::Impl> {
 public:
  Impl(const Settings& settings, Neighbours neighbours)
      : max_flights_(settings.max_in_flight),
        timeout_(settings.timeout),
        workers_(neighbours.workers),
        shared_(neighbours.shared),
        refresh_ahead_(neighbours.refresh_ahead),
        clock_(neighbours.clock),
        cache_({settings.cache_max_tokens, settings.cache_ttl, settings.grace}, clock_),
        flights_(settings.max_parked),
        breaker_(clock_),
        failures_(clock_),
        discovery_(
            std::make_shared<Discovery>(settings.domain, settings.allow_http, neighbours.http)),
        introspection_(settings.introspection_url, expectations_of(settings), *discovery_,
                       neighbours.authentication, neighbours.http, clock_),
        local_(settings, expectations_of(settings),
               std::make_shared<KeySet>(discovery_, neighbours.http, clock_), clock_,
               neighbours.refresh_ahead) {}

  void authorize(SecretView token, const Requirement& requirement, Done done) {
    if (requirement.is_public()) return done(no_claims());
    const std::optional<TokenKey> key = TokenKey::of(token);
    if (!key) return done(Error{Reason::kInternal, "SHA-256 is not available"});
    const TokenCache::Found found = cache_.find(*key);
    if (found.refresh_due && refresh_ahead_) refresh(*key, token);
    if (found.claims) return done(decide(found.claims, requirement, clock_.wall()));
    if (found.refusal) return done(*found.refusal);
    if (const auto judged = judge(*key, token)) {
      return done(*judged ? decide(**judged, requirement, clock_.wall()) : Answer(judged->error()));
    }
    park(*key, token, {&requirement, std::move(done)});
  }

  void warm_up() {
    discovery_->get([self = shared_from_this()](const auto& found) {
      found ? self->local_.warm_up() : self->failures_.add(found.error());
    });
  }

 private:
  // What can be said of a token here and now; nothing where somebody has to be asked first. Claims
  // go into the cache, to be judged anew when they run out: so a key that ZITADEL has deleted opens
  // nothing longer than that. Refusals do not: they cost little to repeat, and made-up tokens would
  // push out those that ZITADEL was asked about.
  std::optional<Result<SharedClaims>> judge(const TokenKey& key, SecretView token) {
    std::optional<Result<Claims>> judged = local_.judge(token);
    if (!judged) return std::nullopt;
    if (!*judged) {
      tell_of_refusal(judged->error());
      return Result<SharedClaims>(std::move(*judged).error());
    }
    auto claims = std::make_shared<const Claims>(**std::move(judged));
    if (local_.decides(token)) cache_.store(key, claims);
    return Result<SharedClaims>(std::move(claims));
  }

  void park(const TokenKey& key, SecretView token, Waiter waiter) {
    switch (flights_.join(key, waiter)) {
      case SingleFlight<Waiter>::Joined::kFollows:
        return;
      case SingleFlight<Waiter>::Joined::kFull: {
        const Error error{Reason::kTooManyWaiting, "ZITADEL_MAX_PARKED is reached",
                          std::chrono::seconds(1)};
        failures_.add(error);
        return waiter.done(error);
      }
      case SingleFlight<Waiter>::Joined::kLeads:
        break;
    }
    // Another question about it may have been answered since the cache was looked at.
    if (const TokenCache::Found found = cache_.find(key); found.claims) {
      land(key, found.claims);
    } else if (found.refusal) {
      land(key, *found.refusal);
    } else {
      ask(key, token);
    }
  }

  // Not one that is judged here: that takes no time when it has run out.
  void refresh(const TokenKey& key, SecretView token) {
    if (local_.decides(token)) return;
    if (flights_.lead_alone(key, max_flights_)) ask(key, token);
  }

  // Asks the other processes first, where there is a way to. They are not asked about a token that
  // is judged here: it takes longer.
  void ask(const TokenKey& key, SecretView token) {
    if (local_.decides(token)) {
      return await_keys(key, std::make_shared<const Secret>(token), clock_.steady() + timeout_);
    }
    if (shared_ == nullptr) return ask_zitadel(key, Secret(token));
    auto asked = std::make_shared<Secret>(token);
    workers_.run([self = shared_from_this(), key, asked] { self->ask_others(key, asked); });
  }

  // Judges the token when ZITADEL has answered for its keys. An answer can leave it open, where it
  // was to an older question: then another is waited for, but none that begins after the deadline.
  void await_keys(const TokenKey& key, const std::shared_ptr<const Secret>& token,
                  SteadyTime deadline) {
    local_.when_decidable([self = shared_from_this(), key, token, deadline] {
      self->workers_.run([self, key, token, deadline] {
        if (auto judged = self->judge(key, *token)) return self->land(key, *std::move(judged));
        if (self->clock_.steady() < deadline) return self->await_keys(key, token, deadline);
        self->land(key, Error{Reason::kKeySetUnavailable, "it did not come in time"});
      });
    });
  }

  void ask_others(const TokenKey& key, const std::shared_ptr<Secret>& token) {
    shared_->find(*token, [self = shared_from_this(), key,
                           token](const std::optional<SharedEntry>& entry) {
      self->on_worker([self, key, token, entry] { self->take_from_others(key, *token, entry); });
    });
  }

  // The store calls back on a thread of its own, or on this one.
  void on_worker(WorkerPool::Task task) {
    workers_.is_here() ? task() : workers_.run(std::move(task));
  }

  void take_from_others(const TokenKey& key, Secret& token,
                        const std::optional<SharedEntry>& entry) {
    if (!entry) return ask_zitadel(key, std::move(token));
    const seconds age = age_of(*entry);
    if (entry->refusal) {
      // Also where an answer of our own was about to be refreshed.
      cache_.refuse(key, *entry->refusal, age);
      return land(key, *entry->refusal);
    }
    if (!is_from_the_future(*entry) && cache_.adopt(key, entry->claims, age)) {
      const TokenCache::Found found = cache_.find(key);
      if (found.claims) {
        land(key, found.claims);
        if (!found.refresh_due || !refresh_ahead_) return;
        if (!flights_.lead_alone(key, max_flights_)) return;
      }
    }
    ask_zitadel(key, std::move(token));
  }

  // The clocks of both ends are cut to seconds: what was learned counts as older rather than
  // younger.
  [[nodiscard]] seconds age_of(const SharedEntry& entry) const {
    return std::max(clock_.wall() - entry.learned, seconds(0)) + seconds(1);
  }

  // Of a machine whose clock is ahead, or ours was put back: nobody can tell when its lifetime
  // ends.
  [[nodiscard]] bool is_from_the_future(const SharedEntry& entry) const {
    return entry.learned > clock_.wall() + seconds(1);
  }

  void ask_zitadel(const TokenKey& key, Secret token) {
    if (std::optional<Error> refused = breaker_.refuse()) {
      return learn_failure(key, std::move(*refused));
    }
    // Kept for the others, who know a token by more than our key.
    auto kept = std::make_shared<const Secret>(shared_ == nullptr ? Secret() : token.copy());
    introspection_.ask(
        std::move(token), [self = shared_from_this(), key, kept](Result<Claims> answer) {
          if (answer) {
            self->breaker_.succeeded();
            self->learn(key, kept, std::make_shared<const Claims>(std::move(*answer)));
          } else if (answer.error().reason == Reason::kClockWrong) {
            self->breaker_.succeeded();  // other tokens may be within their time
            self->learn_failure(key, std::move(answer).error());
          } else if (fault_of(answer.error().reason) == Fault::kToken) {
            self->breaker_.succeeded();
            self->learn_refusal(key, kept, std::move(answer).error());
          } else {
            self->breaker_.failed(answer.error());
            self->learn_failure(key, std::move(answer).error());
          }
        });
  }

  void learn(const TokenKey& key, const std::shared_ptr<const Secret>& token,
             const SharedClaims& claims) {
    cache_.store(key, claims);
    tell_others(token, {clock_.wall(), claims, std::nullopt},
                [self = shared_from_this(), key, claims] { self->land(key, claims); });
  }

  void learn_refusal(const TokenKey& key, const std::shared_ptr<const Secret>& token,
                     const Error& error) {
    cache_.refuse(key, error.reason);
    if (error.reason == Reason::kInactive) {
      log(LogLevel::kDebug,
          "ZITADEL calls a token inactive. Usual causes: it was asked for without the scope "
          "urn:zitadel:iam:org:project:id:PROJECT_ID:aud of this API's project; it has expired or "
          "was revoked; it is of another instance; or ZITADEL failed internally");
    } else {
      tell_of_refusal(error);
    }
    const Reason reason = error.reason;
    tell_others(token, {clock_.wall(), nullptr, reason},
                [self = shared_from_this(), key, reason] { self->land(key, reason); });
  }

  // Before the callers get their answer: their next request may reach another process.
  void tell_others(const std::shared_ptr<const Secret>& token, SharedEntry entry,
                   std::function<void()> then) {
    if (shared_ == nullptr) return then();
    workers_.run(
        [self = shared_from_this(), token, entry = std::move(entry), then = std::move(then)] {
          self->shared_->store(*token, entry,
                               [self, token, then](const auto&) { self->on_worker(then); });
        });
  }

  // No answer: what was known before may serve on, if the failure is ZITADEL's.
  void learn_failure(const TokenKey& key, Error error) {
    failures_.add(error);
    if (fault_of(error.reason) == Fault::kUpstream) {
      if (SharedClaims held = cache_.hold(key)) return land(key, std::move(held));
    }
    land(key, std::move(error));
  }

  // Answers all who wait for the token, on the worker pool.
  void land(const TokenKey& key, Result<SharedClaims> outcome) {
    std::vector<Waiter> waiters = flights_.land(key);
    if (waiters.empty()) return;
    const auto shared = std::make_shared<const Result<SharedClaims>>(std::move(outcome));
    for (Waiter& waiter : waiters) {
      // To wake another thread takes longer than to answer.
      if (&waiter == &waiters.back() && workers_.is_here()) return answer(waiter, *shared);
      workers_.run([self = shared_from_this(), shared, waiter = std::move(waiter)] {
        self->answer(waiter, *shared);
      });
    }
  }

  void answer(const Waiter& waiter, const Result<SharedClaims>& outcome) const {
    waiter.done(outcome ? decide(*outcome, *waiter.requirement, clock_.wall())
                        : Answer(outcome.error()));
  }

  const std::size_t max_flights_;
  const std::chrono::milliseconds timeout_;
  WorkerPool& workers_;
  SharedCache* const shared_;
  const bool refresh_ahead_;
  const Clock& clock_;
  TokenCache cache_;
  SingleFlight<Waiter> flights_;
  Breaker breaker_;
  FailureLog failures_;
  const std::shared_ptr<Discovery> discovery_;
  Introspection introspection_;
  const LocalValidation local_;
};

TokenValidator::TokenValidator(const Settings& settings, Neighbours neighbours)
    : impl_(std::make_shared<Impl>(settings, neighbours)) {}

TokenValidator::~TokenValidator() = default;

void TokenValidator::authorize(SecretView token, const Requirement& requirement, Done done) {
  impl_->authorize(token, requirement, std::move(done));
}

void TokenValidator::warm_up() { impl_->warm_up(); }

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
#include "auth/token_validator.h"

#include <optional>

#include "auth/base/clock.h"
#include "auth/base/failure_log.h"
#include "auth/knowledge.h"
#include "auth/known_tokens.h"
#include "auth/local_validation.h"
#include "auth/questions.h"
#include "auth/revocations.h"
#include "auth/settings/settings.h"
#include "auth/stopping.h"
#include "auth/store/shared_cache.h"
#include "auth/token/any_token.h"
#include "auth/zitadel/clock_watch.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/introspection.h"
#include "auth/zitadel/issuer_clock.h"
#include "auth/zitadel/reach_watch.h"
#include "auth/zitadel/remote_key_set.h"

namespace auth {
namespace {

const SharedClaims& no_claims() {
  static const SharedClaims none = std::make_shared<const Claims>();
  return none;
}

Expectations expectations_of(const Settings& settings, bool purged) {
  return {settings.domain, settings.client_id, settings.project_id, settings.pass_claims, purged};
}

Questions::Limits limits_of(const Settings& settings, bool refresh_ahead) {
  return {settings.max_in_flight, settings.max_parked, settings.timeout,
          settings.cache_ttl,     refresh_ahead,       settings.grace_when == GraceWhen::kFailing};
}

// Returns the clock of the side that finds that a token is good: this clock counts.
const Clock& clock_for(const Settings& settings, const IssuerClock& issuer, const Clock& own) {
  if (settings.validation == Validation::kIntrospection) return issuer;
  return own;
}

bool needs_discovery(const Settings& settings) {
  return settings.introspection_url.empty() || settings.validation != Validation::kIntrospection;
}

std::optional<Revocations> revocations_of(const Settings& settings,
                                          const TokenValidator::Dependencies& with) {
  if (with.purges == nullptr || with.denials == nullptr) return std::nullopt;
  return Revocations(*with.purges, *with.denials, settings.grace, with.clock);
}

// Keeps the client's address for the check of its network: a waiting request has none by then.
TokenValidator::Done from_its_network(const Requirement& requirement,
                                      const TokenValidator::Client& client,
                                      TokenValidator::Done done) {
  return [&requirement, address = std::string(client ? client() : ""),
          done = std::move(done)](TokenValidator::Answer answer) {
    if (!answer) return done(std::move(answer));
    auto met = requirement.check(**answer, address);
    met ? done(std::move(answer)) : done(std::move(met).error());
  };
}

}  // namespace

class TokenValidator::Impl {
 public:
  Impl(const Settings& settings, const Dependencies& with)
      : issuer_clock_(with.clock),
        clock_(clock_for(settings, issuer_clock_, with.clock)),
        own_http_(with.http, gate_),
        reach_(own_http_, with.clock, with.refresh_ahead),
        http_(reach_, with.clock, &issuer_clock_, with.metrics),
        workers_(with.workers, gate_),
        refresh_ahead_(with.refresh_ahead),
        failures_(with.clock),
        discovery_(std::make_shared<Discovery>(settings.domain, settings.allow_http, http_,
                                               with.clock, with.metrics)),
        readiness_(needs_discovery(settings) ? discovery_.get() : nullptr, with.shared, workers_,
                   with.clock, with.metrics),
        introspection_(settings.introspection_url,
                       expectations_of(settings, with.purges != nullptr), *discovery_,
                       with.authentication, http_, workers_, clock_),
        revocations_(revocations_of(settings, with)),
        keys_(
            std::make_shared<RemoteKeySet>(discovery_, http_, workers_, with.clock, with.metrics)),
        local_(settings, expectations_of(settings, with.purges != nullptr), keys_, clock_,
               with.refresh_ahead, revocations_ ? &*revocations_ : nullptr),
        known_(with.known != nullptr
                   ? *with.known
                   : own_known_.emplace(cache_limits(settings), with.clock, with.metrics),
               local_, with.purges, clock_, with.metrics),
        questions_(limits_of(settings, with.refresh_ahead),
                   {known_, local_, introspection_, http_, with.shared, workers_, with.purges,
                    failures_, clock_, with.metrics}) {
    if (with.before != nullptr) keys_->take_over(*with.before->impl_->keys_);
  }

  // Returns an empty ticket if done was called.
  Questions::Ticket authorize(SecretView token, const Requirement& requirement,
                              const Client& client, Done done) {
    if (requirement.is_public()) {
      done(no_claims());
      return {};
    }
    if (requirement.names_networks()) {
      return authorize(token, any_token(), client,
                       from_its_network(requirement, client, std::move(done)));
    }
    const std::optional<TokenKey> key = TokenKey::of(token);
    if (!key) {
      done(Error{Reason::kInternal, "SHA-256 is not available"});
      return {};
    }
    const KnownTokens::Known known = known_.find(*key, token);
    if (!known.answer) return ask(*key, token, known, requirement, client, std::move(done));
    if (known.refresh_due && refresh_ahead_) refresh(*key, token, **known.answer);
    done(decide(*known.answer, requirement));
    return {};
  }

  bool cancel(const Questions::Ticket& ticket) {
    if (!gate_->enter()) return false;
    const bool taken = questions_.cancel(ticket);
    gate_->leave();
    return taken;
  }

  void warm_up() {
    if (!gate_->enter()) return;
    discovery_->get(
        [this](const auto& found) { found ? local_.warm_up() : failures_.add(found.error()); });
    gate_->leave();
  }

  void tell_readiness(const Readiness::Told& told) {
    if (!gate_->enter()) return told({});
    readiness_.ask(told);
    gate_->leave();
  }

  void stop() {
    gate_->close();
    questions_.stop();
    own_http_.stop();
    gate_->wait();
  }

 private:
  Questions::Ticket ask(const TokenKey& key, SecretView token, const KnownTokens::Known& known,
                        const Requirement& requirement, const Client& client, Done done) {
    if (!gate_->enter()) {
      done(Reason::kShuttingDown);
      return {};
    }
    const Asker asker{known.was_good ? Standing::kKnown : Standing::kNew,
                      Asker::client_of(client ? client() : "")};
    Questions::Ticket ticket =
        questions_.ask(key, token, known.run_out, {&requirement, std::move(done), asker});
    gate_->leave();
    return ticket;
  }

  void refresh(const TokenKey& key, SecretView token, const SharedClaims& good) {
    if (!gate_->enter()) return;
    questions_.refresh(key, token, good);
    gate_->leave();
  }

  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  IssuerClock issuer_clock_;
  const Clock& clock_;
  OwnHttpClient own_http_;
  ReachWatch reach_;
  ClockWatch http_;
  OwnWorkers workers_;
  const bool refresh_ahead_;
  FailureLog failures_;
  const std::shared_ptr<Discovery> discovery_;
  Readiness readiness_;
  Introspection introspection_;
  const std::optional<Revocations> revocations_;
  const std::shared_ptr<RemoteKeySet> keys_;
  const LocalValidation local_;
  std::optional<TokenCache> own_known_{};
  KnownTokens known_;
  Questions questions_;
};

TokenValidator::TokenValidator(const Settings& settings, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(settings, dependencies)) {}

TokenValidator::~TokenValidator() { stop(); }

TokenValidator::Waiting TokenValidator::authorize(SecretView token, const Requirement& requirement,
                                                  const Client& client, Done done) {
  Questions::Ticket ticket = impl_->authorize(token, requirement, client, std::move(done));
  if (ticket.question.expired()) return {};
  return Waiting([impl = std::weak_ptr<Impl>(impl_), ticket = std::move(ticket)] {
    const std::shared_ptr<Impl> alive = impl.lock();
    return alive && alive->cancel(ticket);
  });
}

void TokenValidator::warm_up() { impl_->warm_up(); }

void TokenValidator::tell_readiness(const Readiness::Told& told) { impl_->tell_readiness(told); }

void TokenValidator::stop() { impl_->stop(); }

}  // namespace auth

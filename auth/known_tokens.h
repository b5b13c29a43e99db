// SPDX-License-Identifier: Apache-2.0
// KnownTokens: finds what is known of a token at once, without asking anybody.
//
// That is what ZITADEL has said of it lately (auth/cache/token_cache.h), or what the token itself
// says, if it is checked here (auth/local_validation.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/cache/token_cache.h"
#include "auth/cache/token_key.h"
#include "auth/events/purges.h"
#include "auth/local_validation.h"
#include "auth/refusal_log.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"

namespace auth {

using SharedClaims = std::shared_ptr<const Claims>;

// Decides again for each request, because claims stay known longer than a decision may.
[[nodiscard]] inline Result<SharedClaims> decide(const Result<SharedClaims>& known,
                                                 const Requirement& requirement) {
  if (!known) return known;
  if (auto met = requirement.check(**known); !met) return std::move(met).error();
  return known;
}

// Thread-safe; never blocks. All arguments of the constructor must outlive it.
class KnownTokens {
 public:
  using Word = TokenCache::Word;

  // purges: null if no events report what has ended tokens.
  KnownTokens(TokenCache& cache, const LocalValidation& local, const Purges* purges,
              const Clock& clock, Metrics& metrics = Metrics::unread())
      : cache_(cache),
        local_(local),
        purges_(purges),
        clock_(clock),
        metrics_(metrics),
        refusals_(clock) {}

  struct Known {
    // Claims of a token that is good now, or why it is not. nullopt if somebody has to be asked.
    std::optional<Result<SharedClaims>> answer{};
    SharedClaims run_out{};    // the last good answer, if it no longer counts
    bool was_good = false;     // ZITADEL has called it active, whatever it says of it now
    bool refresh_due = false;  // ask again in the background
  };
  // Returns what is known of the token. A token past its expiry is refused without a question. But
  // in the first kClockSkew after it, and as long as our clock was not compared with ZITADEL's,
  // ZITADEL has to be asked, because its clock counts, unless the token is checked here.
  [[nodiscard]] Known find(const TokenKey& key, SecretView token);
  // Does the same, but only with what has been learned: the token is not checked.
  [[nodiscard]] Known recall(const TokenKey& key, SecretView token);

  // Returns the verdict if the token itself is enough for one. Returns nullopt if ZITADEL has to be
  // asked about it, or for its keys.
  [[nodiscard]] std::optional<Result<SharedClaims>> judge(const TokenKey& key, SecretView token);

  // See TokenCache.
  Word learn(const TokenKey& key, Moment sent, Word word) {
    return cache_.learn(key, sent, std::move(word), clock_.wall());
  }

  // For a ZITADEL that cannot be reached. Returns the last good answer while its grace lasts, or
  // kExpired. nullopt if there is none.
  [[nodiscard]] std::optional<Result<SharedClaims>> hold(const TokenKey& key);

 private:
  [[nodiscard]] TokenCache::Fed fed() const;
  [[nodiscard]] Moment judged_at() const;
  [[nodiscard]] bool has_ended(const TokenKey& key, const TokenCache::Found& found);
  void look_at_keys();

  TokenCache& cache_;
  const LocalValidation& local_;
  const Purges* const purges_;
  const Clock& clock_;
  Metrics& metrics_;
  RefusalLog refusals_;
  // Generations of the purges: the one up to which changes of the keys were checked, and the one of
  // the change after which the keys were asked for last.
  std::atomic<std::uint64_t> keys_looked_at_{0};
  std::atomic<std::uint64_t> keys_changed_{0};
};

}  // namespace auth

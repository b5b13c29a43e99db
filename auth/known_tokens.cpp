#include "auth/known_tokens.h"

#include "auth/base/log.h"

namespace auth {
namespace {

bool has_expired(const Claims& claims, WallTime now) {
  return claims.expiry() && *claims.expiry() <= now;
}

}  // namespace

KnownTokens::Known KnownTokens::find(const TokenKey& key, SecretView token) {
  Known known = recall(key, token);
  if (!known.answer) known.answer = judge(key, token);
  return known;
}

KnownTokens::Known KnownTokens::recall(const TokenKey& key, SecretView token) {
  TokenCache::Found found = cache_.find(key);
  Known known;
  known.run_out = std::move(found.run_out);
  known.was_good = found.was_good;
  // To judge a token again takes no time.
  const bool decided_here = local_.decides(token);
  if (decided_here && local_.is_outdated(found.sent)) return known;
  known.refresh_due = found.refresh_due && !decided_here;
  if (found.refusal) known.answer = Result<SharedClaims>(*found.refusal);
  if (!found.claims) return known;
  const WallTime now = clock_.wall();
  if (!has_expired(*found.claims, now)) {
    known.answer = Result<SharedClaims>(std::move(found.claims));
  } else if (decided_here ||
             (clock_.is_compared() && has_expired(*found.claims, now - kClockSkew))) {
    known.answer = Result<SharedClaims>(Reason::kExpired);
  } else {
    known.run_out = std::move(found.claims);
  }
  return known;
}

// Claims go into the cache, to be judged anew when they run out: so a key that ZITADEL has deleted
// opens nothing longer than that. Refusals do not: they cost little to repeat, and made-up tokens
// would push out those that ZITADEL was asked about.
std::optional<Result<SharedClaims>> KnownTokens::judge(const TokenKey& key, SecretView token) {
  std::optional<Result<Claims>> judged = local_.judge(token);
  if (!judged) return std::nullopt;
  if (!*judged) {
    if (log_enabled(LogLevel::kDebug)) {
      log(LogLevel::kDebug, "a token was refused: " + to_string(judged->error()));
    }
    return Result<SharedClaims>(std::move(*judged).error());
  }
  auto claims = std::make_shared<const Claims>(**std::move(judged));
  if (local_.decides(token)) cache_.learn(key, clock_.now(), {claims});
  return Result<SharedClaims>(std::move(claims));
}

std::optional<Result<SharedClaims>> KnownTokens::hold(const TokenKey& key) {
  SharedClaims held = cache_.hold(key);
  if (!held) return std::nullopt;
  if (has_expired(*held, clock_.wall())) return Result<SharedClaims>(Reason::kExpired);
  return Result<SharedClaims>(std::move(held));
}

}  // namespace auth

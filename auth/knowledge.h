// SPDX-License-Identifier: Apache-2.0
// Knowledge: what has been learned of tokens. It may outlive the parts that have learned it.
//
// Settings that are read again make new parts. If an answer still means the same, the new parts use
// the same knowledge while the old ones finish: each stores what it learns with the time of its
// question, so nothing that one of them learns gets lost.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/cache/token_cache.h"
#include "auth/events/denials.h"
#include "auth/events/purges.h"

namespace auth {

struct Settings;

// Thread-safe; but only one feed at a time may change purges and denials.
struct Knowledge {
  // The clock must outlive it.
  Knowledge(const Settings& settings, const Clock& clock, std::shared_ptr<Metrics> counted);

  const std::shared_ptr<Metrics> metrics;
  const std::string meaning;
  TokenCache answers;
  Purges purges;
  std::optional<Denials>
      denials{};  // if JWTs are checked here, and events report which of them have ended
};

// Returns what an answer means: knowledge is of no use if this differs. It holds no secret.
[[nodiscard]] std::string meaning_of(const Settings& settings);

[[nodiscard]] TokenCache::Limits cache_limits(const Settings& settings);

// Whether callers' roles in other projects than this API's are passed on.
[[nodiscard]] bool passes_roles(const Settings& settings);

// Whether JWTs are checked here, and events report which of them have ended.
[[nodiscard]] bool follows_jwts(const Settings& settings);
// Whether ZITADEL is asked for events, because there is something that they could end.
[[nodiscard]] bool is_fed(const Settings& settings);

}  // namespace auth

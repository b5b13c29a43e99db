// SPDX-License-Identifier: Apache-2.0
// Knowledge: what has been learned of tokens, which may outlive whoever has learned it.
//
// Settings that are read anew make other parts. Where they leave what an answer means as it was,
// the new parts go on with the same knowledge while the old ones finish: each writes down what it
// learns with the time of its question, so nothing that one of them is told gets lost.
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
      denials{};  // where JWTs are checked here, and events tell which have ended
};

// What an answer means: knowledge is of no use where this differs. No secret.
[[nodiscard]] std::string meaning_of(const Settings& settings);

[[nodiscard]] TokenCache::Limits cache_limits(const Settings& settings);

// Whether callers' roles in other projects than this API's are passed on.
[[nodiscard]] bool passes_roles(const Settings& settings);

// Whether JWTs are checked here, and events tell which of them have ended.
[[nodiscard]] bool follows_jwts(const Settings& settings);
// Whether ZITADEL is asked for events: there is something that they could end.
[[nodiscard]] bool is_fed(const Settings& settings);

}  // namespace auth

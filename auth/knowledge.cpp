// SPDX-License-Identifier: Apache-2.0
#include "auth/knowledge.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "auth/sealing_context.h"
#include "auth/settings/settings.h"

namespace auth {

Knowledge::Knowledge(const Settings& settings, const Clock& clock, std::shared_ptr<Metrics> counted)
    : metrics(std::move(counted)),
      meaning(meaning_of(settings)),
      answers(cache_limits(settings), clock, *metrics),
      purges(settings.project_id, passes_roles(settings)) {
  if (follows_jwts(settings)) denials.emplace(settings.project_id, passes_roles(settings));
}

// Leaves the key out: every process with that client id gets the same answers. Without a feed less
// is kept of a token, and other events are followed if JWTs are checked here.
std::string meaning_of(const Settings& settings) {
  std::string meaning = std::to_string(static_cast<int>(settings.validation));
  meaning += is_fed(settings) ? " fed\n" : "\n";
  return meaning + sealing_context(settings);
}

TokenCache::Limits cache_limits(const Settings& settings) {
  return {settings.cache_max_bytes, settings.cache_ttl, settings.grace};
}

bool passes_roles(const Settings& settings) {
  constexpr std::string_view kRoles = "urn:zitadel:iam:org:project";
  return std::any_of(settings.pass_claims.begin(), settings.pass_claims.end(),
                     [&](const std::string& claim) { return claim.starts_with(kRoles); });
}

bool follows_jwts(const Settings& settings) {
  return settings.events_token && settings.validation != Validation::kIntrospection;
}

bool is_fed(const Settings& settings) {
  return settings.events_token && (settings.cache_ttl.count() > 0 || follows_jwts(settings));
}

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
// Finds a project, an application or a user, and refuses one that cannot be used.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "auth/base/result.h"
#include "cli/setup/found.h"
#include "cli/setup/state.h"

namespace cli {

using FoundThing = auth::Result<std::optional<Found>, auth::Mistake>;

// Words for a kind of thing, for the messages about it.
struct ThingKind {
  const char* name;
  const char* option;
  const char* taken;  // what else may have taken its name
};
inline constexpr ThingKind kProject{"project", "--project", ""};
inline constexpr ThingKind kApplication{
    "application", "--application",
    "an application of another kind (not an API with Private Key JWT)"};
inline constexpr ThingKind kUser{"service user", "--service-user", "a person"};
inline constexpr ThingKind kEventsReader{"service user", "--events-user", "a person"};

// Searches by the id if one is known, so that a renamed thing is found again; then by the name. The
// mistake says what prevents the use of the thing.
[[nodiscard]] FoundThing find(const ThingKind& kind, const Thing& known, const std::string& name,
                              const std::function<Search<Found>(const std::string&)>& by_id,
                              const std::function<Search<Found>(const std::string&)>& by_name);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Looking for a project, an application or a user, and refusing what is of no use.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "auth/base/result.h"
#include "cli/setup/found.h"
#include "cli/setup/state.h"

namespace cli {

using FoundThing = auth::Result<std::optional<Found>, auth::Mistake>;

// What a thing is called, for the messages about it.
struct ThingKind {
  const char* name;
  const char* option;
  const char* taken;  // by what its name may be taken
};
inline constexpr ThingKind kProject{"project", "--project", ""};
inline constexpr ThingKind kApplication{
    "application", "--application",
    "an application of another kind (not an API with Private Key JWT)"};
inline constexpr ThingKind kUser{"service user", "--service-user", "a person"};
inline constexpr ThingKind kEventsReader{"service user", "--events-user", "a person"};

// By its id where one is known, so that what was renamed is found again; else by its name. The
// mistake says what stands in the way.
[[nodiscard]] FoundThing find(const ThingKind& kind, const Thing& known, const std::string& name,
                              const std::function<Search<Found>(const std::string&)>& by_id,
                              const std::function<Search<Found>(const std::string&)>& by_name);

}  // namespace cli

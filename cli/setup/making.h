// SPDX-License-Identifier: Apache-2.0
// Makes a thing that has a name of its own, so that an interrupted run leaves no second one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/setup/context.h"
#include "cli/setup/report.h"

namespace cli {

// How to make a thing, and how to find it if ZITADEL says that it exists already.
struct Making {
  const char* what;    // "project"
  std::string remedy;  // if it exists and is not found
  std::function<ApiResult<std::string>()> make;
  std::function<Search<Found>()> look;
};

// Records in the state the id of a thing that exists. A thing that the set-up had begun counts as
// made by the set-up.
[[nodiscard]] Done note(Context& context, Thing& thing, const std::string& id,
                        const std::string& name);

// Makes the thing if none was found: found_id is empty then. Returns true if the thing was made
// now, as it should be.
[[nodiscard]] auth::Result<bool, auth::Mistake> make_thing(Context& context, Thing& thing,
                                                           const std::string& name,
                                                           const std::string& found_id,
                                                           const Making& making, Report& report);

// nullopt if it is of another kind or is not active.
[[nodiscard]] std::optional<Found> usable(const Found& found);

// Returns how to make a service user. option: the one that gives it another name.
[[nodiscard]] Making making_of_user(Context& context, const std::string& name, bool jwt,
                                    const char* what, const char* option);

// Makes the service user's authorization, or adds the missing roles to it; its other roles stay.
// found: what the survey has found.
[[nodiscard]] Done make_grant(Context& context, const std::optional<FoundGrant>& found,
                              Report& report);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Making a thing that has a name of its own, so that no run that is cut off leaves a second one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/setup/context.h"
#include "cli/setup/report.h"

namespace cli {

// How it is made, and looked for where ZITADEL says that it exists already.
struct Making {
  const char* what;    // "project"
  std::string remedy;  // where it exists and is not found
  std::function<ApiResult<std::string>()> make;
  std::function<Search<Found>()> look;
};

// It was found: the state learns its id. Where it was begun here, it was made here.
[[nodiscard]] Done note(Context& context, Thing& thing, const std::string& id,
                        const std::string& name);

// Makes it where nothing is found: found_id is empty then. True: it was made now, as it should be.
[[nodiscard]] auth::Result<bool, auth::Mistake> make_thing(Context& context, Thing& thing,
                                                           const std::string& name,
                                                           const std::string& found_id,
                                                           const Making& making, Report& report);

// Nothing where it is of another kind, or somebody has stopped it.
[[nodiscard]] std::optional<Found> usable(const Found& found);

// A service user. option: which gives it another name.
[[nodiscard]] Making making_of_user(Context& context, const std::string& name, bool jwt,
                                    const char* what, const char* option);

// The authorization of the service user, with the roles that it has besides.
// found: what the survey has found.
[[nodiscard]] Done make_grant(Context& context, const std::optional<FoundGrant>& found,
                              Report& report);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/making.h"

#include <algorithm>
#include <utility>

#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using Made = auth::Result<bool, Mistake>;
using Strings = std::vector<std::string>;

Made noted(Context& context, Thing& thing, const std::string& id, const std::string& name,
           bool made) {
  if (Done done = note(context, thing, id, name); !done) return std::move(done).error();
  return made;
}

bool has(const Strings& all, const std::string& one) {
  return std::count(all.begin(), all.end(), one) > 0;
}

Done add_roles(Context& context, const FoundGrant& grant, Report& report) {
  Strings all = grant.roles;
  Strings& granted = context.state.granted;
  for (const std::string& role : context.options.roles) {
    if (has(grant.roles, role)) continue;
    all.push_back(role);
    if (!has(granted, role)) granted.push_back(role);
  }
  if (all.size() == grant.roles.size()) return {};
  // The state records the roles that the set-up grants before they are granted.
  if (Done saved = context.save(); !saved) return saved;
  const auto changed = context.resources.change_grant(context.state.user.id, grant.id, all);
  const bool unchanged = !changed && changed.error().id == "COMMAND-Rs8fy";
  if (!changed && !unchanged) {
    return in_words(changed.error(), "the authorization could not be changed");
  }
  report.done("authorization", context.options.user, "changed", grant.id);
  return {};
}

}  // namespace

Done note(Context& context, Thing& thing, const std::string& id, const std::string& name) {
  if (thing.id != id) thing.made = thing.begun;
  thing.id = id;
  thing.name = name;
  thing.begun = false;
  return context.save();
}

Made make_thing(Context& context, Thing& thing, const std::string& name,
                const std::string& found_id, const Making& making, Report& report) {
  if (!found_id.empty()) return noted(context, thing, found_id, name, false);
  const Thing before = std::exchange(thing, Thing{.name = name, .begun = true});
  if (Done saved = context.save(); !saved) return std::move(saved).error();
  report.begin(making.what);
  const ApiResult<std::string> made = making.make();
  if (made) {
    report.done(making.what, name, "made", *made);
    return noted(context, thing, *made, name, true);
  }
  const std::string failed = std::string("the ") + making.what + ' ' + name + " could not be made";
  if (made.error().is_refusal()) {
    // What somebody makes by this name later was not made here.
    thing = before;
    if (Done saved = context.save(); !saved) return std::move(saved).error();
  }
  if (!made.error().exists_already()) return in_words(made.error(), failed);
  // An earlier run made it, and the searches did not show it yet; or somebody else made it just
  // now.
  thing.begun = before.begun;
  if (Done saved = context.save(); !saved) return std::move(saved).error();
  const Search<Found> there = patiently(making.look);
  if (!there) return in_words(there.error(), failed);
  if (!*there) return Mistake{failed + ": " + making.remedy};
  report.done(making.what, name, "exists", (*there)->id);
  return noted(context, thing, (*there)->id, name, false);
}

Making making_of_user(Context& context, const std::string& name, bool jwt, const char* what,
                      const char* option) {
  Resources& api = context.resources;
  return {what,
          "the name is taken by a person, or in another organisation of the instance: give "
          "another " +
              std::string(option),
          [&api, name, jwt] { return api.make_user(name, jwt); },
          [&api, name]() -> Search<Found> {
            const auto found = api.user_named(name);
            if (!found) return found.error();
            return *found ? usable(**found) : std::nullopt;
          }};
}

std::optional<Found> usable(const Found& found) {
  return found.right_kind && found.active ? std::optional<Found>(found) : std::nullopt;
}

Done make_grant(Context& context, const std::optional<FoundGrant>& found, Report& report) {
  State& state = context.state;
  Resources& api = context.resources;
  const std::string& name = context.options.user;
  if (found) {
    if (Done done = note(context, state.grant, found->id, name); !done) return done;
    return add_roles(context, *found, report);
  }
  const auto look = [&] { return api.grant(state.user.id, state.project.id); };
  const Strings granted_before = std::exchange(state.granted, context.options.roles);
  const Made made = make_thing(
      context, state.grant, name, "",
      {"authorization", "ZITADEL does not tell which one there is: try again",
       [&] { return api.make_grant(state.user.id, state.project.id, context.options.roles); },
       [&]() -> Search<Found> {
         const auto there = look();
         if (!there) return there.error();
         return *there ? std::optional<Found>(Found{.id = (*there)->id}) : std::nullopt;
       }},
      report);
  if (!made) {
    if (!state.grant.begun) state.granted = granted_before;
    if (Done saved = context.save(); !saved) return saved;
    return made.error();
  }
  if (*made) return {};
  // An authorization existed already, with roles of its own.
  if (!state.grant.made) state.granted = granted_before;
  const auto there = look();
  if (!there) return in_words(there.error(), "the authorization could not be looked for");
  return *there ? add_roles(context, **there, report) : Done();
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/survey.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "cli/setup/administrator.h"
#include "cli/setup/find.h"

namespace cli {
namespace {

using auth::Mistake;
Search<Found> application_where(Context& context, const std::string& project,
                                const std::function<bool(const Found&)>& wanted) {
  auto all = context.resources.applications(project);
  if (!all) return std::move(all).error();
  const auto found = std::find_if(all->begin(), all->end(), wanted);
  return found == all->end() ? std::optional<Found>() : std::optional<Found>(*found);
}

FoundThing find_application(Context& context, const std::string& project) {
  return find(
      kApplication, context.state.application, context.options.application,
      [&](const std::string& id) {
        return application_where(context, project,
                                 [&](const Found& each) { return each.id == id; });
      },
      [&](const std::string& name) {
        return application_where(context, project,
                                 [&](const Found& each) { return each.name == name; });
      });
}

// Whether the role was seen before. Such a role may be missing from a search for a while.
bool is_known(const State& state, const std::string& role) {
  return std::any_of(state.roles.begin(), state.roles.end(),
                     [&](const Thing& each) { return each.name == role && !each.id.empty(); });
}

Done survey_project(Context& context, Survey& found) {
  Resources& resources = context.resources;
  auto project = find(
      kProject, context.state.project, context.options.project,
      [&](const std::string& id) { return resources.project(id); },
      [&](const std::string& name) { return resources.project_named(name); });
  if (!project) return std::move(project).error();
  found.project = *std::move(project);
  for (const std::string& key : context.options.roles) {
    ApiResult<bool> there = false;
    const auto look = [&] { return resources.has_role(found.project->id, key); };
    if (found.project) there = is_known(context.state, key) ? patiently(look) : look();
    if (!there) return in_words(there.error(), "the roles could not be looked for");
    if (!*there) found.missing_roles.push_back(key);
  }
  return {};
}

Done survey_application(Context& context, Survey& found) {
  KeyList keys;
  if (found.project) {
    auto application = find_application(context, found.project->id);
    if (!application) return std::move(application).error();
    found.application = *std::move(application);
  }
  if (found.application) {
    keys = [&] {
      return context.resources.application_keys(found.project->id, found.application->id);
    };
  }
  auto key = survey_key(context, context.state.application_key, kApplicationKeyFile, keys);
  if (!key) return std::move(key).error();
  found.application_key = *key;
  return {};
}

Mistake other_token_type(const Found& user) {
  const std::string has = user.jwt ? "jwt" : "bearer";
  return {"the service user " + user.name + " gets access tokens of the type " + has +
          ": change the type (Access Token Type) on its page in ZITADEL's console (Resource Id " +
          user.id + "), or give --access-token-type " + has};
}

Done survey_user(Context& context, Survey& found) {
  Resources& resources = context.resources;
  auto user = find(
      kUser, context.state.user, context.options.user,
      [&](const std::string& id) { return resources.user(id); },
      [&](const std::string& name) { return resources.user_named(name); });
  if (!user) return std::move(user).error();
  found.user = *std::move(user);
  KeyList keys;
  if (found.user) {
    using Type = SetupOptions::TokenType;
    const Type wanted = context.options.token_type;
    if (wanted != Type::kAsItIs && (wanted == Type::kJwt) != found.user->jwt) {
      return other_token_type(*found.user);
    }
    keys = [&] { return resources.user_keys(found.user->id); };
  }
  auto key = survey_key(context, context.state.user_key, kUserKeyFile, keys);
  if (!key) return std::move(key).error();
  found.user_key = *key;
  return {};
}

Done survey_grant(Context& context, Survey& found) {
  if (found.user && found.project) {
    const auto look = [&] { return context.resources.grant(found.user->id, found.project->id); };
    auto grant = context.state.grant.id.empty() ? look() : patiently(look);
    if (!grant) return in_words(grant.error(), "the authorization could not be looked for");
    found.grant = *std::move(grant);
  }
  if (found.grant && !found.grant->active) {
    return Mistake{
        "the authorization of " + context.options.user +
        " is deactivated, and this command wakes nothing that somebody has stopped: open "
        "the project's authorizations in ZITADEL's console and reactivate it (id " +
        found.grant->id + ')'};
  }
  const std::vector<std::string> has =
      found.grant ? found.grant->roles : std::vector<std::string>();
  for (const std::string& key : context.options.roles) {
    if (std::find(has.begin(), has.end(), key) == has.end()) found.to_grant.push_back(key);
  }
  return {};
}

Done survey_settings(Context& context, Survey& found) {
  const auto text = settings_text(context, found.project ? found.project->id : "");
  if (!text) return text.error();
  const auto file = look_at_settings(context, *text);
  if (!file) return file.error();
  found.settings = *file;
  if (*file != SettingsFile::kEdited) return {};
  auto lines = lines_to_write(context, *text);
  if (!lines) return std::move(lines).error();
  found.lines_to_write = *std::move(lines);
  return {};
}

}  // namespace

auth::Result<Survey, Mistake> survey(Context& context) {
  Survey found;
  for (const auto& look : {survey_project, survey_application, survey_user, survey_grant,
                           survey_events, survey_settings}) {
    if (Done looked = look(context, found); !looked) return std::move(looked).error();
  }
  return found;
}

}  // namespace cli

#include "cli/setup/survey.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using FoundThing = auth::Result<std::optional<Found>, Mistake>;

// What a thing is called, for the messages about it.
struct Kind {
  const char* name;
  const char* option;
  const char* taken;  // by what its name may be taken
};
constexpr Kind kProject{"project", "--project", ""};
constexpr Kind kApplication{"application", "--application",
                            "an application of another kind (not an API with Private Key JWT)"};
constexpr Kind kUser{"service user", "--service-user", "a person"};

FoundThing checked(const Kind& kind, Search<Found> found) {
  if (!found) {
    return in_words(found.error(), "the " + std::string(kind.name) + " could not be looked for");
  }
  if (!*found) return *std::move(found);
  const Found& thing = **found;
  const std::string name = std::string(kind.name) + ' ' + thing.name;
  if (!thing.right_kind) {
    return Mistake{"the name " + thing.name + " is taken by " + kind.taken +
                   ": give another one with " + kind.option};
  }
  if (!thing.active) {
    return Mistake{"the " + name + (thing.locked ? " is locked" : " is deactivated") +
                   ", and this command wakes nothing that somebody has stopped: open it in "
                   "ZITADEL's console (Resource Id " +
                   thing.id + ") and " + (thing.locked ? "unlock" : "reactivate") +
                   " it, or give another name with " + kind.option};
  }
  return *std::move(found);
}

// By its id where one is known, so that what was renamed is found again; else by its name.
FoundThing find(const Kind& kind, const Thing& known, const std::string& name,
                const std::function<Search<Found>(const std::string&)>& by_id,
                const std::function<Search<Found>(const std::string&)>& by_name) {
  if (!known.id.empty()) {
    FoundThing found = checked(kind, patiently([&] { return by_id(known.id); }));
    if (!found) return found;
    if (*found) {
      if (name == known.name || name == (*found)->name) return found;
      return Mistake{"--dir belongs to the " + std::string(kind.name) + ' ' + (*found)->name +
                     ", not to " + name + ": give another --dir for another " + kind.name};
    }
  }
  return checked(kind, by_name(name));
}

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

// What was seen before may be missing from a search for a while.
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
  const auto text = settings_text(context.options, found.project ? found.project->id : "");
  if (!text) return text.error();
  const auto file = look_at_settings(context, *text);
  if (!file) return file.error();
  found.settings = *file;
  return {};
}

}  // namespace

auth::Result<Survey, Mistake> survey(Context& context) {
  Survey found;
  for (const auto& look :
       {survey_project, survey_application, survey_user, survey_grant, survey_settings}) {
    if (Done looked = look(context, found); !looked) return std::move(looked).error();
  }
  return found;
}

}  // namespace cli

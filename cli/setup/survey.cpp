#include "cli/setup/survey.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "auth/base/timestamp.h"
#include "auth/zitadel/key_file.h"
#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using Work = SetupOptions::Work;
using FoundThing = auth::Result<std::optional<Found>, Mistake>;

constexpr std::chrono::hours kSoon{24 * 30};

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
    return Mistake{"the " + name +
                   " is deactivated or locked, and this command wakes nothing that "
                   "somebody has stopped: reactivate it in ZITADEL's console, or give another "
                   "name with " +
                   kind.option};
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

// The id of the key in a file; empty where there is no file. Refuses what is no such key.
auth::Result<std::string, Mistake> key_in(const Context& context, const char* name) {
  auto file = context.folder.read(name);
  if (!file) return std::move(file).error();
  if (!*file) return std::string();
  const std::string_view text = (*file)->reveal();
  const bool is_user = std::string_view(name) == kUserKeyFile;
  const auto application = auth::parse_application_key(is_user ? "" : text);
  const auto user = auth::parse_service_user_key(is_user ? text : "");
  if (application) return application->key_id;
  if (user) return user->key_id;
  return Mistake{context.folder.path_of(name) +
                 " is no file that zitadel-setup wrote: move it away, or give another --dir"};
}

using KeyList = std::function<ApiResult<std::vector<FoundKey>>()>;

// A key that was just made may be missing from the list for a while.
Search<FoundKey> key_with(const KeyList& list, const std::string& id) {
  return patiently([&]() -> Search<FoundKey> {
    auto keys = list();
    if (!keys) return std::move(keys).error();
    const auto found = std::find_if(keys->begin(), keys->end(),
                                    [&](const FoundKey& each) { return each.id == id; });
    return found == keys->end() ? std::optional<FoundKey>() : std::optional<FoundKey>(*found);
  });
}

KeyCondition condition_of(const FoundKey& key, auth::WallTime now) {
  const auto end = auth::parse_timestamp(key.expires);
  if (!end || *end > now + kSoon) return KeyCondition::kGood;
  return *end > now ? KeyCondition::kEndsSoon : KeyCondition::kEnded;
}

// list: null where there is nothing that could have keys.
auth::Result<SurveyedKey, Mistake> look_at_key(const Context& context, const KeySlot& slot,
                                               const char* name, const KeyList& list) {
  const auto in_file = key_in(context, name);
  if (!in_file) return in_file.error();
  if (!slot.begun.empty()) return SurveyedKey{KeyCondition::kUnfinished};
  if (!in_file->empty() && *in_file != slot.id) {
    return Mistake{context.folder.path_of(name) +
                   " holds a key that zitadel-setup did not write: move it away, or give another "
                   "--dir"};
  }
  if (slot.id.empty()) return SurveyedKey{KeyCondition::kMissing};
  if (in_file->empty()) return SurveyedKey{KeyCondition::kFileLost};
  if (!list) return SurveyedKey{KeyCondition::kGone};
  const Search<FoundKey> found = key_with(list, slot.id);
  if (!found) return in_words(found.error(), "the keys could not be looked for");
  if (!*found) return SurveyedKey{KeyCondition::kGone};
  return SurveyedKey{condition_of(**found, context.clock.wall()), (*found)->expires};
}

// Decides whether a new one is made, and refuses where that has not been asked for.
auth::Result<SurveyedKey, Mistake> decided(const Context& context, SurveyedKey key,
                                           const char* name) {
  const bool replaces = context.options.work != Work::kSetUp;
  const std::string file = context.folder.path_of(name);
  const std::string remedy = ": --new-key makes another one and removes the old one";
  switch (key.condition) {
    case KeyCondition::kMissing:
    case KeyCondition::kUnfinished:
      key.replace = true;
      return key;
    case KeyCondition::kGood:
      key.replace = context.options.work == Work::kRotateKeys;
      return key;
    case KeyCondition::kEndsSoon:
      key.replace = replaces;
      return key;
    case KeyCondition::kEnded:
      if (!replaces) return Mistake{file + ": this key ended at " + key.expires + remedy};
      break;
    case KeyCondition::kFileLost:
      if (!replaces) return Mistake{file + " is lost, and ZITADEL shows a key once" + remedy};
      break;
    case KeyCondition::kGone:
      if (!replaces) return Mistake{file + ": ZITADEL does not know this key any more" + remedy};
      break;
  }
  key.replace = true;
  return key;
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
  auto key = look_at_key(context, context.state.application_key, kApplicationKeyFile, keys);
  if (key) key = decided(context, *key, kApplicationKeyFile);
  if (!key) return std::move(key).error();
  found.application_key = *key;
  return {};
}

Mistake other_token_type(const Found& user) {
  const std::string has = user.jwt ? "jwt" : "bearer";
  return {"the service user " + user.name + " gets access tokens of the type " + has +
          ": change the type on its page in ZITADEL's console, or give --access-token-type " + has};
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
  auto key = look_at_key(context, context.state.user_key, kUserKeyFile, keys);
  if (key) key = decided(context, *key, kUserKeyFile);
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
    return Mistake{"the authorization of " + context.options.user +
                   " is deactivated: reactivate it in ZITADEL's console"};
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

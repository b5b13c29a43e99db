#include "cli/setup/carry_out.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "cli/setup/administrator.h"
#include "cli/setup/key_step.h"

namespace cli {
namespace {

using auth::Mistake;

// How a thing is made, and looked for where ZITADEL says that it exists already.
struct Making {
  const char* what;  // "project"
  const char* remedy;
  std::function<ApiResult<std::string>()> make;
  std::function<Search<Found>()> look;
};

class Steps {
 public:
  Steps(Context& context, const Survey& found, Report& report)
      : context_(context),
        state_(context.state),
        options_(context.options),
        found_(found),
        report_(report) {}

  Done run() {
    if (Done begun = begin(); !begun) return begun;
    for (const auto step :
         {&Steps::project, &Steps::roles, &Steps::application, &Steps::application_key,
          &Steps::user, &Steps::user_key, &Steps::grant, &Steps::settings, &Steps::owner}) {
      if (Done done = (this->*step)(); !done) return done;
    }
    return {};
  }

 private:
  Done begin() {
    const bool was_there = context_.folder.is_there();
    if (Done made = context_.folder.make(); !made) return made;
    state_.domain = options_.domain;
    state_.folder_made = state_.folder_made || !was_there;
    return context_.save();
  }

  // Where it was found, the state learns its id. Where it was begun here, it was made here.
  Done note(Thing& thing, const std::string& id, const std::string& name) {
    if (thing.id != id) thing.made = thing.begun;
    thing.id = id;
    thing.name = name;
    thing.begun = false;
    return context_.save();
  }

  Done thing(Thing& thing, const std::string& name, const std::string& found_id,
             const Making& making) {
    if (!found_id.empty()) return note(thing, found_id, name);
    const bool was_begun = thing.begun;
    thing = Thing{.name = name, .begun = true};
    if (Done saved = context_.save(); !saved) return saved;
    const ApiResult<std::string> made = making.make();
    if (made) {
      report_.done(making.what, name, "made", *made);
      return note(thing, *made, name);
    }
    const std::string failed =
        std::string("the ") + making.what + ' ' + name + " could not be made";
    if (!made.error().exists_already()) return in_words(made.error(), failed);
    // By an earlier run of which the searches did not tell yet, or by somebody else just now.
    thing.begun = was_begun;
    const Search<Found> there = patiently(making.look);
    if (!there) return in_words(there.error(), failed);
    if (!*there) return Mistake{failed + ": " + making.remedy};
    report_.done(making.what, name, "exists", (*there)->id);
    return note(thing, (*there)->id, name);
  }

  static std::string id_of(const std::optional<Found>& found) { return found ? found->id : ""; }

  Done project() {
    Resources& api = context_.resources;
    return thing(state_.project, options_.project, id_of(found_.project),
                 {"project",
                  "the name is taken, perhaps in another spelling of upper and lower case: give "
                  "another --project",
                  [&] { return api.make_project(options_.project); },
                  [&] { return api.project_named(options_.project); }});
  }

  // A role's id is its key.
  Done roles() {
    const std::string& project = state_.project.id;
    for (const std::string& key : options_.roles) {
      const bool missing =
          std::count(found_.missing_roles.begin(), found_.missing_roles.end(), key) > 0;
      const auto make = [&]() -> ApiResult<std::string> {
        const auto made = context_.resources.make_role(project, key);
        if (!made) return made.error();
        return std::string("-");
      };
      const auto look = [&]() -> Search<Found> {
        const auto there = context_.resources.has_role(project, key);
        if (!there) return there.error();
        return *there ? std::optional<Found>(Found{.id = "-"}) : std::nullopt;
      };
      Done done = thing(state_.role(key), key, missing ? "" : "-",
                        {"role",
                         "there is one in another spelling of upper and lower case: write it as "
                         "the project has it",
                         make, look});
      if (!done) return done;
    }
    return {};
  }

  Done application() {
    const auto make = [&]() -> ApiResult<std::string> {
      const auto made =
          context_.resources.make_application(state_.project.id, options_.application);
      if (!made) return made.error();
      return made->id;
    };
    const auto look = [&]() -> Search<Found> {
      const auto all = context_.resources.applications(state_.project.id);
      if (!all) return all.error();
      for (const Found& each : *all) {
        if (each.name == options_.application && each.right_kind && each.active) {
          return std::optional<Found>(each);
        }
      }
      return std::optional<Found>();
    };
    return thing(
        state_.application, options_.application, id_of(found_.application),
        {"application", "the name is taken: give another one with --application", make, look});
  }

  Done user() {
    const auto make = [&] {
      return context_.resources.make_user(options_.user,
                                          options_.token_type == SetupOptions::TokenType::kJwt);
    };
    const auto look = [&]() -> Search<Found> {
      auto found = context_.resources.user_named(options_.user);
      if (found && *found && !((*found)->right_kind && (*found)->active)) {
        return std::optional<Found>();
      }
      return found;
    };
    return thing(state_.user, options_.user, id_of(found_.user),
                 {"service user",
                  "the name is taken by a person, or in another organisation of the instance: give "
                  "another --service-user",
                  make, look});
  }

  Done key(KeyStep&& step, const KeySlot& slot, const SurveyedKey& surveyed, const char* file) {
    const std::string before = slot.id;
    const bool had_old = !slot.old.empty();
    if (Done done = step.run(surveyed.replace); !done) return done;
    if (slot.id != before) {
      report_.done("its key", context_.folder.path_of(file), before.empty() ? "made" : "replaced",
                   slot.id);
    } else if (had_old) {
      report_.done("its key", context_.folder.path_of(file), "old one removed", slot.id);
    }
    return {};
  }

  Done application_key() {
    return key(ApplicationKeyStep(context_), state_.application_key, found_.application_key,
               kApplicationKeyFile);
  }

  Done user_key() {
    return key(UserKeyStep(context_), state_.user_key, found_.user_key, kUserKeyFile);
  }

  Done grant() {
    if (options_.roles.empty()) return {};
    Resources& api = context_.resources;
    const std::string& user = state_.user.id;
    const std::string& project = state_.project.id;
    if (!found_.grant) {
      // What it grants is the set-up's, before it is granted.
      state_.granted = options_.roles;
      Done done =
          thing(state_.grant, options_.user, "",
                {"authorization", "ZITADEL does not say which one there is: try again",
                 [&] { return api.make_grant(user, project, options_.roles); },
                 [&]() -> Search<Found> {
                   const auto found = api.grant(user, project);
                   if (!found) return found.error();
                   return *found ? std::optional<Found>(Found{.id = (*found)->id}) : std::nullopt;
                 }});
      if (!done) return done;
      // It may have existed, with other roles.
      return grant_all(patiently([&] { return api.grant(user, project); }));
    }
    if (Done noted = note(state_.grant, found_.grant->id, options_.user); !noted) return noted;
    return grant_all(found_.grant);
  }

  // With the roles that it has besides.
  Done grant_all(const Search<FoundGrant>& searched) {
    const std::string failed = "the authorization could not be changed";
    if (!searched) return in_words(searched.error(), failed);
    if (!*searched) return {};  // just made, and not to be seen yet
    const FoundGrant& grant = **searched;
    std::vector<std::string> all = grant.roles;
    for (const std::string& key : options_.roles) {
      if (std::count(grant.roles.begin(), grant.roles.end(), key) > 0) continue;
      all.push_back(key);
      if (std::count(state_.granted.begin(), state_.granted.end(), key) == 0) {
        state_.granted.push_back(key);
      }
    }
    if (all.size() == grant.roles.size()) return {};
    if (Done saved = context_.save(); !saved) return saved;
    const auto changed = context_.resources.change_grant(state_.user.id, grant.id, all);
    // COMMAND-Rs8fy: they are there already.
    if (!changed && changed.error().id != "COMMAND-Rs8fy") return in_words(changed.error(), failed);
    report_.done("authorization", options_.user, "changed", grant.id);
    return {};
  }

  Done settings() {
    auto text = settings_text(options_, state_.project.id);
    if (!text) return std::move(text).error();
    const auto file = look_at_settings(context_, *text);
    if (!file) return file.error();
    if (*file == SettingsFile::kEdited) return {};
    if (*file != SettingsFile::kWritten) {
      Done written = context_.folder.write(kSettingsFile, auth::SecretView(*text), context_.owner);
      if (!written) return written;
      report_.done("settings", context_.folder.path_of(kSettingsFile), "written", "");
    }
    if (state_.settings == *text) return {};
    state_.settings = *std::move(text);
    return context_.save();
  }

  Done owner() {
    if (!context_.owner) return {};
    for (const char* file : {kApplicationKeyFile, kSettingsFile}) {
      if (!context_.folder.is_of_another(file, *context_.owner)) continue;
      if (Done given = context_.folder.give(file, *context_.owner); !given) return given;
      report_.done("owner", context_.folder.path_of(file), context_.owner->name, "");
    }
    return {};
  }

  Context& context_;
  State& state_;
  const SetupOptions& options_;
  const Survey& found_;
  Report& report_;
};

}  // namespace

Done carry_out(Context& context, const Survey& found, Report& report) {
  return Steps(context, found, report).run();
}

}  // namespace cli

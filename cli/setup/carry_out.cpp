// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/carry_out.h"

#include <algorithm>
#include <utility>

#include "cli/setup/key_kinds.h"
#include "cli/setup/key_making.h"
#include "cli/setup/making.h"

namespace cli {
namespace {

// Stands for the id of a role, which has only a key.
constexpr const char* kNoId = "-";

class Steps {
 public:
  Steps(Context& context, const Survey& found, Report& report)
      : context_(context),
        state_(context.state),
        options_(context.options),
        api_(context.resources),
        found_(found),
        report_(report) {}

  Done run() {
    for (const auto step : {&Steps::begin, &Steps::project, &Steps::roles, &Steps::application,
                            &Steps::application_key, &Steps::user, &Steps::user_key,
                            &Steps::authorization, &Steps::events_user, &Steps::events_member,
                            &Steps::events_key, &Steps::settings, &Steps::owner}) {
      if (Done done = (this->*step)(); !done) return done;
    }
    return {};
  }

 private:
  Done begin() {
    const bool was_there = context_.folder.is_there();
    if (Done made = context_.folder.make(); !made) return made;
    if (Done tidied = context_.folder.tidy(written_files()); !tidied) return tidied;
    state_.domain = options_.domain;
    state_.folder_made = state_.folder_made || !was_there;
    return context_.save();
  }

  Done make(Thing& thing, const std::string& name, const std::string& found_id,
            const Making& making) {
    auto made = make_thing(context_, thing, name, found_id, making, report_);
    if (!made) return std::move(made).error();
    return {};
  }

  static std::string id_of(const std::optional<Found>& found) { return found ? found->id : ""; }

  Done project() {
    return make(state_.project, options_.project, id_of(found_.project),
                {"project",
                 "the name is taken, perhaps in another spelling of upper and lower case: give "
                 "another --project",
                 [&] { return api_.make_project(options_.project); },
                 [&] { return api_.project_named(options_.project); }});
  }

  Done roles() {
    for (const std::string& key : options_.roles) {
      if (Done done = role(key); !done) return done;
    }
    return {};
  }

  Done role(const std::string& key) {
    const Strings& missing = found_.missing_roles;
    const bool is_missing = std::count(missing.begin(), missing.end(), key) > 0;
    const auto add = [&]() -> ApiResult<std::string> {
      const auto made = api_.make_role(state_.project.id, key);
      if (!made) return made.error();
      return std::string(kNoId);
    };
    const auto look = [&]() -> Search<Found> {
      const auto there = api_.has_role(state_.project.id, key);
      if (!there) return there.error();
      return *there ? std::optional<Found>(Found{.id = kNoId}) : std::nullopt;
    };
    return make(state_.role(key), key, is_missing ? "" : kNoId,
                {"role",
                 "there is one in another spelling of upper and lower case: write it as the "
                 "project has it",
                 add, look});
  }

  Done application() {
    const auto add = [&]() -> ApiResult<std::string> {
      const auto made = api_.make_application(state_.project.id, options_.application);
      if (!made) return made.error();
      return made->id;
    };
    const auto look = [&]() -> Search<Found> {
      const auto all = api_.applications(state_.project.id);
      if (!all) return all.error();
      for (const Found& each : *all) {
        if (each.name == options_.application) return usable(each);
      }
      return std::optional<Found>();
    };
    return make(
        state_.application, options_.application, id_of(found_.application),
        {"application", "the name is taken: give another one with --application", add, look});
  }

  Done user() {
    const bool jwt = options_.token_type == SetupOptions::TokenType::kJwt;
    return make(state_.user, options_.user, id_of(found_.user),
                making_of_user(context_, options_.user, jwt, "service user", "--service-user"));
  }

  Done application_key() {
    return make_key(context_, ApplicationKeyStep(context_), "application key",
                    state_.application_key, found_.application_key, kApplicationKeyFile, report_);
  }

  Done user_key() {
    return make_key(context_, UserKeyStep(context_), "service user's key", state_.user_key,
                    found_.user_key, kUserKeyFile, report_);
  }

  Done authorization() {
    return options_.roles.empty() ? Done() : make_grant(context_, found_.grant, report_);
  }

  Done events_user() {
    if (!context_.has_events()) return {};
    const std::string name = context_.events_user();
    return make(state_.events.user, name, id_of(found_.events_user),
                making_of_user(context_, name, false, "events user", "--events-user"));
  }

  // Without --events, the administrator may have no right to see the instance's members.
  Done events_member() {
    if (!options_.events) return {};
    const std::string& user = state_.events.user.id;
    const auto add = [&]() -> ApiResult<std::string> {
      const auto made = api_.make_instance_member(user, kEventsRole);
      if (!made) return made.error();
      return user;
    };
    const auto look = [&]() -> Search<Found> {
      const auto member = api_.instance_member(user);
      if (!member) return member.error();
      const bool is_right = *member && (*member)->roles == Strings{kEventsRole};
      return is_right ? std::optional<Found>(Found{.id = user}) : std::nullopt;
    };
    return make(
        state_.events.member, kEventsRole, found_.events_member ? user : "",
        {"events role", "the user manages the instance in another role: give another --events-user",
         add, look});
  }

  Done events_key() {
    if (!context_.has_events()) return {};
    return make_key(context_, EventsKeyStep(context_), "events key", state_.events.key,
                    found_.events_key, kEventsKeyFile, report_);
  }

  Done settings() {
    auto text = settings_text(context_, state_.project.id);
    if (!text) return std::move(text).error();
    const auto file = look_at_settings(context_, *text);
    if (!file) return file.error();
    if (*file == SettingsFile::kEdited) return edited_settings(*text);
    if (*file != SettingsFile::kWritten) {
      Done written = context_.folder.write(kSettingsFile, auth::SecretView(*text), context_.owner);
      if (!written) return written;
      report_.done("settings", context_.folder.path_of(kSettingsFile), "written", "");
    }
    state_.settings = *std::move(text);
    return context_.save();
  }

  // The plan could not name the line with the id of a project that is made now.
  Done edited_settings(const std::string& wanted) {
    const auto lines = lines_to_write(context_, wanted);
    if (!lines) return lines.error();
    if (*lines == found_.lines_to_write) return {};
    report_.done("settings", context_.folder.path_of(kSettingsFile), words_of_edited(*lines), "");
    return {};
  }

  Done owner() {
    if (!context_.owner) return {};
    for (const char* file : kServerFiles) {
      if (owner_is_right(context_, file)) continue;
      if (Done given = context_.folder.give(file, *context_.owner); !given) return given;
      report_.done("owner", context_.folder.path_of(file), context_.owner->name, "");
    }
    return {};
  }

  using Strings = std::vector<std::string>;

  Context& context_;
  State& state_;
  const SetupOptions& options_;
  Resources& api_;
  const Survey& found_;
  Report& report_;
};

}  // namespace

Done carry_out(Context& context, const Survey& found, Report& report) {
  return Steps(context, found, report).run();
}

}  // namespace cli

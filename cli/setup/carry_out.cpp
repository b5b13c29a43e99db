#include "cli/setup/carry_out.h"

#include <algorithm>
#include <utility>

#include "cli/setup/key_kinds.h"
#include "cli/setup/making.h"

namespace cli {
namespace {

// What a role has in place of an id: it is known by its key.
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
                            &Steps::authorization, &Steps::settings, &Steps::owner}) {
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
    const auto add = [&] {
      return api_.make_user(options_.user, options_.token_type == SetupOptions::TokenType::kJwt);
    };
    const auto look = [&]() -> Search<Found> {
      const auto found = api_.user_named(options_.user);
      if (!found) return found.error();
      return *found ? usable(**found) : std::nullopt;
    };
    return make(state_.user, options_.user, id_of(found_.user),
                {"service user",
                 "the name is taken by a person, or in another organisation of the instance: give "
                 "another --service-user",
                 add, look});
  }

  static std::optional<Found> usable(const Found& found) {
    return found.right_kind && found.active ? std::optional<Found>(found) : std::nullopt;
  }

  Done key(KeyStep&& step, const char* what, const KeySlot& slot, const SurveyedKey& surveyed,
           const char* file) {
    const std::string before = slot.id;
    const bool had_old = !slot.old.empty();
    const std::string path = context_.folder.path_of(file);
    if (surveyed.replace) report_.begin(what);
    if (Done ran = step.run(surveyed.replace); !ran) return ran;
    if (slot.id != before) {
      report_.done(what, path, before.empty() ? "made" : "replaced", slot.id);
    } else if (had_old) {
      report_.done(what, path, "the old one is removed", slot.id);
    }
    return {};
  }

  Done application_key() {
    return key(ApplicationKeyStep(context_), "application key", state_.application_key,
               found_.application_key, kApplicationKeyFile);
  }

  Done user_key() {
    return key(UserKeyStep(context_), "service user's key", state_.user_key, found_.user_key,
               kUserKeyFile);
  }

  Done authorization() {
    return options_.roles.empty() ? Done() : make_grant(context_, found_.grant, report_);
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
    state_.settings = *std::move(text);
    return context_.save();
  }

  Done owner() {
    if (!context_.owner) return {};
    for (const char* file : {kApplicationKeyFile, kSettingsFile}) {
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

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "cli/setup/survey.h"

namespace cli {
namespace {

// Returns as many texts as fit into a line: "a, b, c and 197 more".
std::string joined(const std::vector<std::string>& texts) {
  constexpr std::size_t kMostBytes = 50;
  std::string all;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0 && all.size() + texts[i].size() > kMostBytes) {
      return all + " and " + std::to_string(texts.size() - i) + " more";
    }
    all += (all.empty() ? "" : ", ") + texts[i];
  }
  return all;
}

class Planner {
 public:
  Planner(const Context& context, const Survey& found) : context_(context), found_(found) {}

  Plan plan() && {
    const SetupOptions& options = context_.options;
    thing("project", options.project, found_.project, "project.create");
    for (const std::string& key : options.roles) {
      const bool there = std::find(found_.missing_roles.begin(), found_.missing_roles.end(), key) ==
                         found_.missing_roles.end();
      add("role", key, there ? Action::kExists : Action::kMake, "", "project.role.write");
    }
    thing("application", options.application, found_.application, "project.app.write");
    key("application key", kApplicationKeyFile, found_.application_key,
        context_.state.application_key, "project.app.write");
    thing("service user", options.user, found_.user, "user.write");
    key("service user's key", kUserKeyFile, found_.user_key, context_.state.user_key, "user.write");
    if (!options.roles.empty()) grant();
    if (context_.has_events()) events();
    settings();
    if (context_.owner) owner();
    return std::move(plan_);
  }

 private:
  void add(const char* what, const std::string& name, Action action, std::string remark,
           const char* permission) {
    plan_.rows.push_back({what, name, action, std::move(remark)});
    if (action == Action::kMake || action == Action::kChange) need(permission);
  }

  void need(const char* permission) {
    if (*permission != '\0') plan_.needed.emplace_back(permission);
  }

  void thing(const char* what, const std::string& name, const std::optional<Found>& found,
             const char* permission) {
    std::string remark;
    if (found) remark = found->id + (found->name == name ? "" : ", called " + found->name + " now");
    add(what, name, found ? Action::kExists : Action::kMake, remark, permission);
  }

  void key(const char* what, const char* file, const SurveyedKey& key, const KeySlot& slot,
           const char* permission) {
    const std::string path = context_.folder.path_of(file);
    if (key.condition == KeyCondition::kMissing)
      return add(what, path, Action::kMake, "", permission);
    if (key.condition == KeyCondition::kUnfinished) {
      return add(what, path, Action::kMake, "an earlier run has begun it", permission);
    }
    if (key.replace) {
      return add(what, path, Action::kChange, "a new one in place of " + slot.id, permission);
    }
    if (removes_old(context_, slot)) {
      return add(what, path, Action::kChange, joined(slot.old) + " is removed", permission);
    }
    add(what, path, Action::kExists, slot.id + remarks_on(key, slot), permission);
  }

  static std::string remarks_on(const SurveyedKey& key, const KeySlot& slot) {
    std::string remarks;
    if (key.condition == KeyCondition::kEndsSoon) {
      remarks += ", ends at " + key.expires + ": --new-key replaces it";
    }
    if (!slot.old.empty()) {
      remarks += "; " + joined(slot.old) + " before it still works: --remove-old-keys removes it";
    }
    return remarks;
  }

  void grant() {
    const std::string roles = joined(context_.options.roles);
    if (!found_.grant) return add("authorization", roles, Action::kMake, "", "user.grant.write");
    if (found_.to_grant.empty()) {
      return add("authorization", roles, Action::kExists, found_.grant->id, "");
    }
    add("authorization", roles, Action::kChange, joined(found_.to_grant) + " is added",
        "user.grant.write");
  }

  void events() {
    const EventsReader& state = context_.state.events;
    thing("events user", context_.events_user(), found_.events_user, "user.write");
    if (context_.options.events) role_of_instance();
    key("events key", kEventsKeyFile, found_.events_key, state.key, "user.write");
  }

  void role_of_instance() {
    add("events role", kEventsRole, found_.events_member ? Action::kExists : Action::kMake, "",
        "iam.member.write");
  }

  void settings() {
    const std::string path = context_.folder.path_of(kSettingsFile);
    switch (found_.settings) {
      case SettingsFile::kMissing:
        return add("settings", path, Action::kMake, "", "");
      case SettingsFile::kWritten:
        return add("settings", path, Action::kExists, "", "");
      case SettingsFile::kOld:
        return add("settings", path, Action::kChange, "", "");
      case SettingsFile::kEdited:
        return add("settings", path, Action::kExists, words_of_edited(found_.lines_to_write), "");
    }
  }

  // Adds the files that exist and need another owner.
  void owner() {
    for (const char* file : kServerFiles) {
      if (owner_is_right(context_, file)) continue;
      add("owner", context_.folder.path_of(file), Action::kChange, context_.owner->name, "");
    }
  }

  const Context& context_;
  const Survey& found_;
  Plan plan_{};
};

}  // namespace

Plan plan_of(const Context& context, const Survey& survey) {
  return Planner(context, survey).plan();
}

}  // namespace cli

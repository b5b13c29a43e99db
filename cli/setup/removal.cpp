// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/removal.h"

#include <algorithm>
#include <utility>

#include "auth/base/json.h"
#include "cli/setup/removal_learning.h"

namespace cli {
namespace {

using auth::Mistake;
using Strings = std::vector<std::string>;

bool has(const Strings& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

class Look {
 public:
  explicit Look(Context& context)
      : context_(context), state_(context.state), api_(context.resources) {}

  auth::Result<Removal, Mistake> run() && {
    for (const auto step :
         {&Look::learn, &Look::grant, &Look::user, &Look::events, &Look::project, &Look::files}) {
      if (Done done = (this->*step)(); !done) return std::move(done).error();
    }
    return std::move(removal_);
  }

 private:
  Done learn() { return learn_what_was_begun(context_); }

  void add(const char* what, const std::string& name, bool goes, const std::string& why,
           const char* permission) {
    removal_.plan.rows.push_back({what, name, goes ? Action::kRemove : Action::kKeep, why});
    if (goes && *permission != '\0') removal_.plan.needed.emplace_back(permission);
  }

  Done grant() {
    if (state_.user.id.empty() || state_.project.id.empty()) return {};
    const auto found = api_.grant(state_.user.id, state_.project.id);
    if (!found) return not_seen(found.error());
    if (!*found || (!state_.grant.made && !state_.grant.begun && state_.granted.empty())) return {};
    const FoundGrant& grant = **found;
    state_.grant.id = grant.id;
    for (const std::string& role : grant.roles) {
      if (!has(state_.granted, role)) removal_.grant_roles.push_back(role);
    }
    const bool made_here = state_.grant.made || state_.grant.begun;
    // Others had made it, and nothing of ours is in it any more.
    if (removal_.grant_roles.size() == grant.roles.size() && !grant.roles.empty()) return {};
    if (removal_.grant_roles.empty() && !made_here) return {};
    removal_.grant = true;
    const bool whole = removal_.grant_roles.empty();
    add("authorization", state_.user.name, true, whole ? "" : "of the roles that were added",
        whole ? "user.grant.delete" : "user.grant.write");
    return {};
  }

  Done user() {
    if (state_.user.id.empty()) return {};
    const auto user = api_.user(state_.user.id);
    if (!user) return not_seen(user.error());
    if (!*user) return {};
    const auto others = others_have(state_.user, state_.user_key, ours_of_grants());
    if (!others) return others.error();
    removal_.user = state_.user.made && others->empty();
    if (state_.user.made) {
      add("service user", state_.user.name, removal_.user, *others, "user.delete");
    }
    removal_.user_keys = !removal_.user && !state_.user_key.all().empty();
    if (removal_.user_keys) add("service user's key", kUserKeyFile, true, "", "user.write");
    return {};
  }

  [[nodiscard]] Strings ours_of_grants() const {
    const bool goes = removal_.grant && removal_.grant_roles.empty();
    return goes ? Strings{state_.grant.id} : Strings();
  }

  template <typename T>
  static bool all_ours(const std::vector<T>& found, const Strings& ours) {
    return std::all_of(found.begin(), found.end(),
                       [&](const T& each) { return has(ours, each.id); });
  }

  // Says what others have put into a user. Empty: nothing.
  auth::Result<std::string, Mistake> others_have(const Thing& user, const KeySlot& slot,
                                                 const Strings& our_grants) {
    const auto keys = api_.user_keys(user.id);
    if (!keys) return not_seen(keys.error());
    const auto tokens = api_.user_tokens(user.id);
    if (!tokens) return not_seen(tokens.error());
    const auto grants = api_.grants_of_user(user.id);
    if (!grants) return not_seen(grants.error());
    if (!all_ours(*keys, slot.all()) || !all_ours(*grants, our_grants)) {
      return std::string("it has other keys or authorizations");
    }
    return std::string(tokens->empty() ? "" : "it has personal access tokens");
  }

  // When the user is removed, its role goes with it. A user that others have made keeps what it
  // had. One that stays for its other keys or tokens keeps the role, for these read events as well.
  Done events() {
    const EventsReader& reader = state_.events;
    if (reader.user.id.empty()) return {};
    const auto user = api_.user(reader.user.id);
    if (!user) return not_seen(user.error());
    if (!*user) return {};
    const auto others = others_have(reader.user, reader.key, {});
    if (!others) return others.error();
    removal_.events_user = reader.user.made && others->empty();
    if (reader.user.made) {
      add("events user", reader.user.name, removal_.events_user, *others, "user.delete");
    }
    const bool has_role = reader.member.made || reader.member.begun;
    removal_.events_member = !reader.user.made && has_role;
    if (has_role && !removal_.events_user) {
      const char* const why = removal_.events_member ? "" : "its user stays";
      add("events role", kEventsRole, removal_.events_member, why, "iam.member.delete");
    }
    removal_.events_keys = !removal_.events_user && !reader.key.all().empty();
    if (removal_.events_keys) add("events key", kEventsKeyFile, true, "", "user.write");
    return {};
  }

  Done project() {
    if (state_.project.id.empty()) return {};
    const auto project = api_.project(state_.project.id);
    if (!project) return not_seen(project.error());
    if (!*project) return {};
    const auto applications = api_.applications(state_.project.id);
    if (!applications) return not_seen(applications.error());
    const auto roles = api_.roles(state_.project.id);
    if (!roles) return not_seen(roles.error());
    const auto grants = api_.grants_of_project(state_.project.id);
    if (!grants) return not_seen(grants.error());
    if (Done looked = application(*applications); !looked) return looked;
    for (const Thing& role : state_.roles) {
      if (role.made && has(*roles, role.name)) look_at_role(role.name, *grants);
    }
    const bool roles_ours = std::all_of(roles->begin(), roles->end(), [&](const std::string& key) {
      return has(removal_.roles, key);
    });
    const Strings ours = removal_.application ? Strings{state_.application.id} : Strings();
    removal_.project = state_.project.made && roles_ours && all_ours(*applications, ours) &&
                       all_ours(*grants, ours_of_grants());
    if (state_.project.made) {
      add("project", state_.project.name, removal_.project,
          removal_.project ? "" : "it holds applications, roles or authorizations of others",
          "project.delete");
    }
    // When the project is removed, everything in it goes with it.
    if (!removal_.project) {
      if (!removal_.roles.empty()) removal_.plan.needed.emplace_back("project.role.delete");
      if (removal_.application) removal_.plan.needed.emplace_back("project.app.delete");
      if (removal_.application_keys) removal_.plan.needed.emplace_back("project.app.write");
    }
    return {};
  }

  Done application(const std::vector<Found>& applications) {
    if (state_.application.id.empty()) return {};
    const bool there =
        std::any_of(applications.begin(), applications.end(),
                    [&](const Found& each) { return each.id == state_.application.id; });
    if (!there) return {};
    const auto keys = api_.application_keys(state_.project.id, state_.application.id);
    if (!keys) return not_seen(keys.error());
    removal_.application = state_.application.made && all_ours(*keys, state_.application_key.all());
    if (state_.application.made) {
      add("application", state_.application.name, removal_.application,
          removal_.application ? "" : "it has other keys", "");
    }
    removal_.application_keys = !removal_.application && !state_.application_key.all().empty();
    if (removal_.application_keys) add("application key", kApplicationKeyFile, true, "", "");
    return {};
  }

  // A role that is removed disappears from every authorization.
  void look_at_role(const std::string& key, const std::vector<FoundGrant>& grants) {
    const bool used = std::any_of(grants.begin(), grants.end(), [&](const FoundGrant& grant) {
      return grant.id != state_.grant.id && has(grant.roles, key);
    });
    if (!used) removal_.roles.push_back(key);
    add("role", key, !used, used ? "others are granted it" : "", "");
  }

  Done files() {
    for (const auto& [name, slot] : {std::pair{kApplicationKeyFile, &state_.application_key},
                                     std::pair{kUserKeyFile, &state_.user_key},
                                     std::pair{kEventsKeyFile, &state_.events.key}}) {
      const auto file = context_.folder.read(name);
      if (!file) return file.error();
      const auto json = *file ? auth::Json::parse_secret(**file) : std::nullopt;
      const std::string key = json ? json->text_of("keyId").value_or("") : "";
      if (!key.empty() && has(slot->all(), key)) removal_.files.emplace_back(name);
    }
    const auto settings = context_.folder.read(kSettingsFile);
    if (!settings) return settings.error();
    if (*settings && (*settings)->reveal() == state_.settings) {
      removal_.files.emplace_back(kSettingsFile);
    } else if (*settings && !state_.settings.empty()) {
      add("file", context_.folder.path_of(kSettingsFile), false, "changed by hand", "");
    }
    removal_.files.emplace_back(kStateFile);
    for (const std::string& name : removal_.files) {
      add("file", context_.folder.path_of(name), true, "", "");
    }
    return {};
  }

  Context& context_;
  State& state_;
  Resources& api_;
  Removal removal_{};
};

}  // namespace

auth::Result<Removal, Mistake> look_for_removal(Context& context) { return Look(context).run(); }

}  // namespace cli

#include "cli/setup/removal.h"

#include <algorithm>
#include <utility>

#include "auth/base/json.h"
#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using Strings = std::vector<std::string>;

bool has(const Strings& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Strings keys_of(const KeySlot& slot) {
  Strings keys = slot.old;
  if (!slot.id.empty()) keys.push_back(slot.id);
  return keys;
}

Mistake not_seen(const ApiError& error) {
  return in_words(error, "what there is could not be looked for");
}

class Look {
 public:
  explicit Look(Context& context)
      : context_(context), state_(context.state), api_(context.resources) {}

  auth::Result<Removal, Mistake> run() && {
    for (const auto step :
         {&Look::learn, &Look::grant, &Look::user, &Look::project, &Look::files}) {
      if (Done done = (this->*step)(); !done) return std::move(done).error();
    }
    return std::move(removal_);
  }

 private:
  void add(const char* what, const std::string& name, bool goes, const char* why,
           const char* permission) {
    removal_.plan.rows.push_back({what, name, goes ? Action::kRemove : Action::kKeep, why});
    if (goes && *permission != '\0') removal_.plan.needed.emplace_back(permission);
  }

  // What a run that was cut off has made without having heard of it.
  Done learn() {
    if (state_.project.begun) {
      const auto found = api_.project_named(state_.project.name);
      if (!found) return not_seen(found.error());
      adopt(state_.project, *found);
    }
    if (state_.user.begun) {
      const auto found = api_.user_named(state_.user.name);
      if (!found) return not_seen(found.error());
      adopt(state_.user, *found);
    }
    if (state_.application.begun && !state_.project.id.empty()) {
      const auto all = api_.applications(state_.project.id);
      if (!all) return not_seen(all.error());
      for (const Found& each : *all) {
        if (each.name == state_.application.name) adopt(state_.application, each);
      }
    }
    for (Thing& role : state_.roles) {
      if (role.begun) role.made = true;
    }
    return learn_keys();
  }

  static void adopt(Thing& thing, const std::optional<Found>& found) {
    if (!found) return;
    thing.id = found->id;
    thing.made = true;
    thing.begun = false;
  }

  Done learn_keys() {
    if (!state_.application_key.begun.empty() && !state_.application.id.empty()) {
      const auto keys = api_.application_keys(state_.project.id, state_.application.id);
      if (Done learned = learn_key(state_.application_key, keys); !learned) return learned;
    }
    if (!state_.user_key.begun.empty() && !state_.user.id.empty()) {
      const auto keys = api_.user_keys(state_.user.id);
      if (Done learned = learn_key(state_.user_key, keys); !learned) return learned;
    }
    return {};
  }

  static Done learn_key(KeySlot& slot, const ApiResult<std::vector<FoundKey>>& keys) {
    if (!keys) return not_seen(keys.error());
    for (const FoundKey& key : *keys) {
      if (key.expires == slot.begun) slot.old.push_back(key.id);
    }
    return {};
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
    const auto keys = api_.user_keys(state_.user.id);
    if (!keys) return not_seen(keys.error());
    const auto grants = api_.grants_of_user(state_.user.id);
    if (!grants) return not_seen(grants.error());
    removal_.user = state_.user.made && all_ours(*keys, keys_of(state_.user_key)) &&
                    all_ours(*grants, ours_of_grants());
    if (state_.user.made) {
      add("service user", state_.user.name, removal_.user,
          removal_.user ? "" : "it has other keys or authorizations", "user.delete");
    }
    removal_.user_keys = !removal_.user && !keys_of(state_.user_key).empty();
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
    // With the project goes what is in it.
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
    removal_.application =
        state_.application.made && all_ours(*keys, keys_of(state_.application_key));
    if (state_.application.made) {
      add("application", state_.application.name, removal_.application,
          removal_.application ? "" : "it has other keys", "");
    }
    removal_.application_keys = !removal_.application && !keys_of(state_.application_key).empty();
    if (removal_.application_keys) add("application key", kApplicationKeyFile, true, "", "");
    return {};
  }

  // A role that goes is taken out of every authorization.
  void look_at_role(const std::string& key, const std::vector<FoundGrant>& grants) {
    const bool used = std::any_of(grants.begin(), grants.end(), [&](const FoundGrant& grant) {
      return grant.id != state_.grant.id && has(grant.roles, key);
    });
    if (!used) removal_.roles.push_back(key);
    add("role", key, !used, used ? "others are granted it" : "", "");
  }

  Done files() {
    for (const auto& [name, slot] : {std::pair{kApplicationKeyFile, &state_.application_key},
                                     std::pair{kUserKeyFile, &state_.user_key}}) {
      const auto file = context_.folder.read(name);
      if (!file) return file.error();
      const auto json = *file ? auth::Json::parse_secret(**file) : std::nullopt;
      const std::string key = json ? json->text_of("keyId").value_or("") : "";
      if (!key.empty() && has(keys_of(*slot), key)) removal_.files.emplace_back(name);
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

class Steps {
 public:
  Steps(Context& context, const Removal& removal, Report& report)
      : context_(context), state_(context.state), removal_(removal), report_(report) {}

  Done run() {
    const std::string user = "/users/" + state_.user.id;
    const std::string project = "/projects/" + state_.project.id;
    const std::string application = project + "/apps/" + state_.application.id;
    if (Done done = grant(user); !done) return done;
    if (Done done = thing(removal_.user, "service user", state_.user.name, user); !done)
      return done;
    if (Done done = keys(removal_.user_keys, state_.user_key, user); !done) return done;
    if (!removal_.project) {
      if (Done done =
              thing(removal_.application, "application", state_.application.name, application);
          !done) {
        return done;
      }
      if (Done done = keys(removal_.application_keys, state_.application_key, application); !done) {
        return done;
      }
      for (const std::string& role : removal_.roles) {
        if (Done done = thing(true, "role", role, project + "/roles/" + encoded(role)); !done) {
          return done;
        }
      }
    }
    if (Done done = thing(removal_.project, "project", state_.project.name, project); !done) {
      return done;
    }
    return files();
  }

 private:
  // Of a role's characters, '/' alone would be read as something else in a path.
  static std::string encoded(const std::string& role) {
    std::string text;
    for (const char byte : role) text += byte == '/' ? "%2F" : std::string(1, byte);
    return text;
  }

  Done thing(bool goes, const char* what, const std::string& name, const std::string& path) {
    if (!goes) return {};
    const auto removed = context_.resources.remove(path);
    const std::string failed = std::string("the ") + what + ' ' + name + " could not be removed";
    if (!removed) return in_words(removed.error(), failed);
    report_.done(what, name, "removed", "");
    return {};
  }

  Done grant(const std::string& user) {
    if (!removal_.grant) return {};
    if (removal_.grant_roles.empty()) {
      return thing(true, "authorization", state_.user.name, user + "/grants/" + state_.grant.id);
    }
    const auto changed =
        context_.resources.change_grant(state_.user.id, state_.grant.id, removal_.grant_roles);
    if (!changed) return in_words(changed.error(), "the authorization could not be changed");
    report_.done("authorization", state_.user.name, "changed", state_.grant.id);
    return {};
  }

  Done keys(bool go, const KeySlot& slot, const std::string& owner) {
    if (!go) return {};
    for (const std::string& key : keys_of(slot)) {
      if (Done done = thing(true, "key", key, owner + "/keys/" + key); !done) return done;
    }
    return {};
  }

  // The state goes last: until then all of this can be done again.
  Done files() {
    if (Done tidied = context_.folder.tidy(written_files()); !tidied) return tidied;
    for (const char* name : {kApplicationKeyFile, kUserKeyFile}) {
      if (Done removed = context_.folder.remove(new_file_of(name)); !removed) return removed;
    }
    for (const std::string& name : removal_.files) {
      if (Done removed = context_.folder.remove(name); !removed) return removed;
      report_.done("file", context_.folder.path_of(name), "removed", "");
    }
    if (state_.folder_made) context_.folder.remove_itself();
    return {};
  }

  Context& context_;
  const State& state_;
  const Removal& removal_;
  Report& report_;
};

}  // namespace

auth::Result<Removal, Mistake> look_for_removal(Context& context) { return Look(context).run(); }

Done carry_out(Context& context, const Removal& removal, Report& report) {
  return Steps(context, removal, report).run();
}

}  // namespace cli

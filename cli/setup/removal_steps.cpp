// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "cli/setup/administrator.h"
#include "cli/setup/removal.h"

namespace cli {
namespace {

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
    if (Done done = events(); !done) return done;
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
  // Encodes a role for a path: of its characters, only '/' has another meaning there.
  static std::string encoded(const std::string& role) {
    std::string text;
    for (const char byte : role) {
      if (byte == '/') {
        text += "%2F";
      } else {
        text.push_back(byte);
      }
    }
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
    const std::string path = owner + "/keys/";
    for (const std::string& key : slot.all()) {
      if (Done done = thing(true, "key", key, std::string(path).append(key)); !done) return done;
    }
    return {};
  }

  Done events() {
    const EventsReader& reader = state_.events;
    const std::string user = "/users/" + reader.user.id;
    if (removal_.events_member) {
      const auto removed = context_.resources.remove_instance_member(reader.user.id);
      if (!removed) return in_words(removed.error(), "the events role could not be removed");
      report_.done("events role", kEventsRole, "removed", "");
    }
    if (Done done = thing(removal_.events_user, "events user", reader.user.name, user); !done) {
      return done;
    }
    return keys(removal_.events_keys, reader.key, user);
  }

  // The state is removed last: until then, all of this can be repeated.
  Done files() {
    if (Done tidied = context_.folder.tidy(written_files()); !tidied) return tidied;
    for (const char* name : {kApplicationKeyFile, kUserKeyFile, kEventsKeyFile}) {
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

Done carry_out(Context& context, const Removal& removal, Report& report) {
  return Steps(context, removal, report).run();
}

}  // namespace cli

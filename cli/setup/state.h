// SPDX-License-Identifier: Apache-2.0
// Records what the set-up has made, in DIR/zitadel-setup.json: ids, so that a renamed thing is
// found again, and what was begun, so that an interrupted run is completed. It holds no secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"

namespace cli {

// A project, an application, a service user, a role or an authorization.
struct Thing {
  std::string id{};
  std::string name{};  // as it was asked for; a role's key
  bool made = false;   // by the set-up, so --remove takes it away
  bool begun = false;  // its making was begun: what is found by its name then was made here
};

// A key and the file that it is in.
struct KeySlot {
  std::string id{};                // of the key in the file; empty: none yet
  std::string begun{};             // the end of a key whose making was begun (RFC 3339); no other
                                   // key has the same end
  std::vector<std::string> old{};  // keys that were replaced, and still work

  // The key in the file and the old ones.
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> keys = old;
    if (!id.empty()) keys.push_back(id);
    return keys;
  }
};

// The user that reads ZITADEL's events for api.fcgi.
struct EventsReader {
  Thing user{};
  Thing member{};  // of the instance; its id is the user's
  KeySlot key{};
};

struct State {
  std::string domain{};
  std::string organisation{};
  Thing project{};
  std::vector<Thing> roles{};
  Thing application{};
  KeySlot application_key{};
  Thing user{};
  KeySlot user_key{};
  Thing grant{};
  std::vector<std::string> granted{};  // the roles that the set-up put into the authorization
  EventsReader events{};
  std::string settings{};  // the text of api.env as it was written
  bool folder_made = false;

  [[nodiscard]] Thing& role(const std::string& key);
  // Returns the keys of all kinds that were replaced and still work.
  [[nodiscard]] std::vector<std::string> old_keys() const;
  // Whether there is nothing that --remove could remove.
  [[nodiscard]] bool is_empty() const noexcept { return domain.empty(); }
};

[[nodiscard]] std::string to_json(const State& state);
// The mistake follows the file's name. Refuses ids for which is_id is false.
[[nodiscard]] auth::Result<State, auth::Mistake> parse_state(std::string_view text);

}  // namespace cli

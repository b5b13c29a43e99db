// SPDX-License-Identifier: Apache-2.0
// Data that the steps of the set-up share.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"
#include "cli/setup/folder.h"
#include "cli/setup/options.h"
#include "cli/setup/resources.h"
#include "cli/setup/state.h"

namespace cli {

constexpr const char* kStateFile = "zitadel-setup.json";
constexpr const char* kApplicationKeyFile = "api-key.json";
constexpr const char* kUserKeyFile = "user.json";
constexpr const char* kEventsKeyFile = "events-key.json";
constexpr const char* kSettingsFile = "api.env";

// The role of the instance that may read events, and nothing more.
constexpr const char* kEventsRole = "IAM_OWNER_VIEWER";

// Returns the name of the file that holds a new key until it has been checked.
[[nodiscard]] inline std::string new_file_of(const std::string& name) {
  return '.' + name + ".new";
}

// Returns the names of all files that the set-up writes.
[[nodiscard]] inline std::vector<std::string> written_files() {
  return {kStateFile,
          kApplicationKeyFile,
          kUserKeyFile,
          kEventsKeyFile,
          kSettingsFile,
          new_file_of(kApplicationKeyFile),
          new_file_of(kUserKeyFile),
          new_file_of(kEventsKeyFile)};
}

// Files that api.fcgi reads. --owner names the user that it runs as.
inline constexpr std::array kServerFiles = {kApplicationKeyFile, kEventsKeyFile, kSettingsFile};

using Done = auth::Result<void, auth::Mistake>;

struct Context {
  const SetupOptions& options;
  bool allow_http;
  const auth::DiscoveryDocument& instance;
  auth::HttpClient& http;
  const auth::Clock& clock;
  Resources& resources;
  Folder& folder;
  std::optional<Owner> owner;
  State state{};
  std::string saved{};  // the state as it is on the disk

  // Writes the changed state to the disk. Call it before making what the state calls begun, and
  // after making what it calls made.
  [[nodiscard]] Done save() {
    std::string text = to_json(state);
    if (text == saved) return {};
    if (Done written = folder.write(kStateFile, auth::SecretView(text), std::nullopt); !written) {
      return written;
    }
    saved = std::move(text);
    return {};
  }

  // Whether this run or an earlier one sets up a user that reads ZITADEL's events.
  [[nodiscard]] bool has_events() const { return options.events || !state.events.key.id.empty(); }
  [[nodiscard]] std::string events_user() const {
    if (!options.events_user.empty()) return options.events_user;
    const std::string& known = state.events.user.name;
    return known.empty() ? std::string(kDefaultEventsUser) : known;
  }
};

// Whether to remove the keys that this one has replaced.
[[nodiscard]] inline bool removes_old(const Context& context, const KeySlot& slot) {
  return context.options.work == SetupOptions::Work::kRemoveOldKeys && !slot.old.empty();
}

// Whether a file is missing, or belongs to the user of --owner (any user without --owner).
[[nodiscard]] inline bool owner_is_right(const Context& context, const char* file) {
  const bool is_new = !context.folder.has(file);
  return is_new || !context.owner || context.folder.is_of(file, context.owner->user);
}

enum class Action { kExists, kMake, kChange, kRemove, kKeep };

// A line of the plan.
struct Row {
  std::string what;  // "project"
  std::string name;
  Action action = Action::kExists;
  std::string remark{};
};

struct Plan {
  std::vector<Row> rows{};
  std::vector<std::string> needed{};  // permissions

  [[nodiscard]] bool changes_anything() const {
    for (const Row& row : rows) {
      if (row.action != Action::kExists && row.action != Action::kKeep) return true;
    }
    return false;
  }
};

}  // namespace cli

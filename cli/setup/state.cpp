// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/state.h"

#include <algorithm>
#include <utility>

#include "auth/base/json.h"
#include "cli/setup/management.h"

namespace cli {
namespace {

using auth::Json;
using auth::json_quote;
using Strings = std::vector<std::string>;

constexpr const char* kVersion = "1";

std::string member(const char* name, const std::string& json) {
  return "  \"" + std::string(name) + "\": " + json;
}

std::string list_of(const Strings& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? ", " : "") + json_quote(text);
  return list + ']';
}

std::string word(bool value) { return value ? "true" : "false"; }

std::string json_of(const Thing& thing) {
  return "{\"id\": " + json_quote(thing.id) + ", \"name\": " + json_quote(thing.name) +
         ", \"made\": " + word(thing.made) + ", \"begun\": " + word(thing.begun) + '}';
}

std::string json_of(const KeySlot& key) {
  return "{\"id\": " + json_quote(key.id) + ", \"begun\": " + json_quote(key.begun) +
         ", \"old\": " + list_of(key.old) + '}';
}

std::string json_of(const std::vector<Thing>& things) {
  std::string list = "[";
  for (const Thing& thing : things) list += (list.size() > 1 ? ", " : "") + json_of(thing);
  return list + ']';
}

// Reads the members of a JSON object. A missing member is empty.
class Reader {
 public:
  explicit Reader(Json document) : document_(std::move(document)) {}

  [[nodiscard]] std::string text(std::string_view name) const {
    return document_.text_of(name).value_or("");
  }
  [[nodiscard]] Strings texts(std::string_view name) const {
    Strings texts;
    each(name, [&](const Json& json) { texts.emplace_back(json.text().value_or("")); });
    return texts;
  }
  [[nodiscard]] bool is(std::string_view name) const {
    const std::optional<Json> value = document_.member(name);
    return value && value->boolean().value_or(false);
  }
  [[nodiscard]] Thing thing(std::string_view name) {
    const std::optional<Json> json = document_.member(name);
    return json ? thing_in(*json) : Thing();
  }
  [[nodiscard]] std::vector<Thing> things(std::string_view name) {
    std::vector<Thing> things;
    each(name, [&](const Json& json) { things.push_back(thing_in(json)); });
    return things;
  }
  [[nodiscard]] KeySlot key(std::string_view name) {
    const std::optional<Json> json = document_.member(name);
    if (!json) return {};
    const Reader reader(*json);
    KeySlot key{reader.text("id"), reader.text("begun"), reader.texts("old")};
    note(key.id);
    for (const std::string& id : key.old) note(id);
    return key;
  }
  [[nodiscard]] bool has_wrong_id() const noexcept { return wrong_id_; }

 private:
  template <typename Visit>
  void each(std::string_view name, Visit visit) const {
    if (const auto list = document_.member(name)) list->for_each_element(visit);
  }
  Thing thing_in(const Json& json) {
    const Reader reader(json);
    Thing thing{reader.text("id"), reader.text("name"), reader.is("made"), reader.is("begun")};
    note(thing.id);
    return thing;
  }
  void note(const std::string& id) { wrong_id_ = wrong_id_ || !(id.empty() || is_id(id)); }

  Json document_;
  bool wrong_id_ = false;
};

}  // namespace

Thing& State::role(const std::string& key) {
  const auto found =
      std::find_if(roles.begin(), roles.end(), [&](const Thing& each) { return each.name == key; });
  if (found != roles.end()) return *found;
  roles.push_back({.name = key});
  return roles.back();
}

Strings State::old_keys() const {
  Strings all;
  for (const KeySlot* slot : {&application_key, &user_key, &events.key}) {
    all.insert(all.end(), slot->old.begin(), slot->old.end());
  }
  return all;
}

std::string to_json(const State& state) {
  std::string text = "{\n";
  for (const std::string& each :
       {member("version", kVersion), member("domain", json_quote(state.domain)),
        member("organisation", json_quote(state.organisation)),
        member("project", json_of(state.project)), member("roles", json_of(state.roles)),
        member("application", json_of(state.application)),
        member("applicationKey", json_of(state.application_key)),
        member("user", json_of(state.user)), member("userKey", json_of(state.user_key)),
        member("authorization", json_of(state.grant)), member("granted", list_of(state.granted)),
        member("eventsUser", json_of(state.events.user)),
        member("eventsMember", json_of(state.events.member)),
        member("eventsKey", json_of(state.events.key)),
        member("folderMade", word(state.folder_made))}) {
    text += each + ",\n";
  }
  return text + member("settings", json_quote(state.settings)) + "\n}\n";
}

auth::Result<State, auth::Mistake> parse_state(std::string_view text) {
  const std::optional<Json> document = Json::parse(text);
  if (!document || document->integer_of("version") != 1) {
    return auth::Mistake{
        "is no file of this version of zitadel-setup: move it away, or give another --dir"};
  }
  Reader reader(*document);
  State state{
      .domain = reader.text("domain"),
      .organisation = reader.text("organisation"),
      .project = reader.thing("project"),
      .roles = reader.things("roles"),
      .application = reader.thing("application"),
      .application_key = reader.key("applicationKey"),
      .user = reader.thing("user"),
      .user_key = reader.key("userKey"),
      .grant = reader.thing("authorization"),
      .granted = reader.texts("granted"),
      .events = {reader.thing("eventsUser"), reader.thing("eventsMember"), reader.key("eventsKey")},
      .settings = reader.text("settings"),
      .folder_made = reader.is("folderMade")};
  if (reader.has_wrong_id()) return auth::Mistake{"holds an id that ZITADEL never made"};
  return state;
}

}  // namespace cli

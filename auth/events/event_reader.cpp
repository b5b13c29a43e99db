// SPDX-License-Identifier: Apache-2.0
#include "auth/events/event_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "auth/base/base64.h"
#include "auth/base/json.h"
#include "auth/base/secret.h"
#include "auth/base/timestamp.h"

namespace auth {
namespace {

// Where an event names what it ends, and what it ends if the name is missing.
enum class By {
  kHistory,         // the id of what the event happened to
  kTokenOrHistory,  // payload.tokenId, else the user that it happened to
  kUser,            // payload.userId, else the user whom its history names
  kNamedUser,       // payload.userId
  kRole,            // the project that it happened to, and payload.key
  kNothing,
};

// Whether an event ends JWTs: those that ZITADEL itself would call inactive from then on, or that
// hold roles which are gone. An event that only gives something ends none.
enum class Jwts { kStay, kEnd };
using enum Jwts;

struct Rule {
  std::string_view type;
  Ends ends;
  Jwts jwts = kStay;
  By by = By::kHistory;
  Ends otherwise = Ends::kEverything;
};

// A grant that adds a role and names no user may concern any user. One that removes a role concerns
// only tokens that are known with a role. A cascade comes with the event that it follows from.
constexpr Rule kRules[] = {
    {"user.deactivated", Ends::kSubject, kEnd},
    {"user.reactivated", Ends::kSubject},
    {"user.locked", Ends::kSubject, kEnd},
    {"user.unlocked", Ends::kSubject},
    {"user.removed", Ends::kSubject, kEnd},
    {"user.signed.out", Ends::kSubject, kEnd},
    {"user.human.signed.out", Ends::kSubject, kEnd},
    {"user.human.refresh.token.removed", Ends::kSubject, kEnd},
    {"user.token.removed", Ends::kSubject, kEnd},
    // A personal access token is no JWT.
    {"user.pat.removed", Ends::kToken, kStay, By::kTokenOrHistory},
    {"user.grant.added", Ends::kSubject, kStay, By::kUser},
    {"user.grant.changed", Ends::kSubject, kEnd, By::kUser},
    {"user.grant.reactivated", Ends::kSubject, kStay, By::kUser},
    {"user.grant.removed", Ends::kSubject, kEnd, By::kUser, Ends::kAnyRole},
    {"user.grant.deactivated", Ends::kSubject, kEnd, By::kUser, Ends::kAnyRole},
    {"user.grant.cascade.changed", Ends::kSubject, kStay, By::kNamedUser, Ends::kAnyRole},
    {"user.grant.cascade.removed", Ends::kSubject, kStay, By::kNamedUser, Ends::kAnyRole},
    {"project.role.removed", Ends::kRole, kEnd, By::kRole, Ends::kAnyRole},
    {"project.deactivated", Ends::kProject, kEnd},
    {"project.reactivated", Ends::kProject},
    {"project.removed", Ends::kProject, kEnd},
    {"project.application.deactivated", Ends::kProject},
    {"project.application.reactivated", Ends::kProject},
    {"project.application.removed", Ends::kProject},
    {"project.grant.changed", Ends::kProject, kEnd},
    {"project.grant.cascade.changed", Ends::kProject, kEnd},
    {"project.grant.deactivated", Ends::kProject, kEnd},
    {"project.grant.reactivated", Ends::kProject},
    {"project.grant.removed", Ends::kProject, kEnd},
    {"org.deactivated", Ends::kEverything, kStay, By::kNothing},
    {"org.reactivated", Ends::kEverything, kStay, By::kNothing},
    {"org.removed", Ends::kEverything, kStay, By::kNothing},
    {"oidc_session.access_token.revoked", Ends::kSession, kEnd},
    {"oidc_session.refresh_token.revoked", Ends::kSession, kEnd},
    // The previous JWT stays valid: the new one was issued at the same time.
    {"oidc_session.refresh_token.renewed", Ends::kSession},
    // Its id is the ID token's sid, which introspection does not give; its history names the user.
    {"session.terminated", Ends::kSubject, kEnd, By::kUser},
    {"web_key.activated", Ends::kKeys, kStay, By::kNothing},
    {"web_key.removed", Ends::kKeys, kStay, By::kNothing},
};

// An event that takes from an API what it needs, and the payload member that identifies the thing.
struct LossRule {
  std::string_view type;
  Lost lost;
  std::string_view member;
};
constexpr LossRule kLossRules[] = {
    {"project.application.oidc.key.removed", Lost::kKey, "keyId"},
    {"project.application.config.api.secret.changed", Lost::kSecret, "appId"},
    {"project.application.deactivated", Lost::kApplication, "appId"},
    {"project.application.removed", Lost::kApplication, "appId"},
    {"project.deactivated", Lost::kProject, ""},
    {"project.removed", Lost::kProject, ""},
};

// The events that name the user of a session and of a grant, and the payload member with the id.
constexpr std::pair<std::string_view, std::string_view> kUserEvents[] = {
    {"session.user.checked", "userID"}, {"user.grant.added", "userId"}};

const Rule* rule_of(std::string_view type) {
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules),
                                         [&](const Rule& rule) { return rule.type == type; });
  return found == std::end(kRules) ? nullptr : found;
}

Scope scope_in(const Json& event, const Rule& rule, std::string_view history) {
  const auto named = [&](Ends what, std::string_view name) {
    return name.empty() ? scope_of(rule.otherwise) : scope_of(what, name);
  };
  switch (rule.by) {
    case By::kHistory:
      return named(rule.ends, history);
    case By::kTokenOrHistory: {
      const std::string token = payload_text(event, "tokenId");
      return token.empty() ? named(Ends::kSubject, history) : scope_of(rule.ends, token);
    }
    case By::kUser:
    case By::kNamedUser:
      return named(rule.ends, payload_text(event, "userId"));
    case By::kRole: {
      const std::string key = payload_text(event, "key");
      return key.empty() || history.empty() ? scope_of(rule.otherwise)
                                            : scope_of(rule.ends, history, key);
    }
    case By::kNothing:
      return scope_of(rule.ends);
  }
  return scope_of(Ends::kEverything);
}

// A whole number is text in protobuf's JSON.
std::string sequence_of(const Json& event) {
  const auto sequence = event.member("sequence");
  if (!sequence) return {};
  const auto text = sequence->text();
  return text ? std::string(*text) : sequence->serialise();
}

std::string type_of(const Json& event) {
  const auto member = event.member("type");
  return member ? member->text_of("type").value_or("") : "";
}

// Returns the id of what the event happened to.
std::string history_of(const Json& event) {
  const auto aggregate = event.member("aggregate");
  return aggregate ? aggregate->text_of("id").value_or("") : "";
}

void read_loss(const Json& event, std::string_view type, std::string_view history, Event& read) {
  for (const LossRule& rule : kLossRules) {
    if (rule.type != type) continue;
    read.lost = rule.lost;
    read.lost_project = name_hash(history);
    if (!rule.member.empty()) read.lost_thing = name_hash(payload_text(event, rule.member));
  }
}

std::optional<Event> read_event(const Json& event) {
  const auto time = parse_microseconds(event.text_of("creationDate").value_or(""));
  if (!time) return std::nullopt;
  const std::string type = type_of(event);
  const std::string history = history_of(event);
  const std::string sequence = sequence_of(event);
  const auto at = static_cast<std::uint64_t>(time->time_since_epoch().count());
  Event read{Digest().add(type).add(history).add(sequence).add(at).value(), *time};
  if (type.empty()) {
    read.ends = scope_of(Ends::kEverything);
    read.ends_jwts = true;
  } else if (const Rule* rule = rule_of(type)) {
    read.ends = scope_in(event, *rule, history);
    read.ends_jwts = rule->jwts == kEnd;
    if (rule->by == By::kUser && kind_of(*read.ends) == rule->otherwise) read.whose = history;
  }
  read_loss(event, type, history, read);
  return read;
}

std::string json_list(const std::vector<std::string_view>& texts) {
  std::string list = "[";
  for (const std::string_view text : texts) {
    if (list.size() > 1) list += ',';
    list += json_quote(text);
  }
  return list + ']';
}

}  // namespace

std::string payload_text(const Json& event, std::string_view name) {
  std::optional<Json> payload = event.member("payload");
  if (!payload) return {};
  if (const auto text = payload->text()) {
    const Secret decoded = base64_decode(SecretView(*text));
    payload = Json::parse_secret(decoded);
  }
  return payload ? payload->text_of(name).value_or("") : "";
}

std::uint64_t name_hash(std::string_view name) noexcept { return Digest().add(name).value(); }

std::string event_types() {
  std::vector<std::string_view> types;
  for (const Rule& rule : kRules) types.push_back(rule.type);
  for (const LossRule& rule : kLossRules) {
    if (rule_of(rule.type) == nullptr) types.push_back(rule.type);
  }
  return json_list(types);
}

Result<std::vector<Event>> read_events(std::string_view body) {
  const auto malformed = [](std::string_view what) {
    return Error{Reason::kMalformedAnswer, "event search: " + std::string(what)};
  };
  const std::optional<Json> answer = Json::parse_secret(SecretView(body));
  if (!answer || !answer->is_object()) return malformed("not a JSON object");
  std::vector<Event> events;
  const std::optional<Json> list = answer->member("events");
  if (!list) {
    // protobuf leaves an empty list out. Any other member may mean that the search has failed.
    bool is_empty = true;
    answer->for_each_member([&](std::string_view, const Json&) { is_empty = false; });
    if (!is_empty) return malformed("neither events nor an empty object");
    return events;
  }
  if (!list->is_array()) return malformed("its events are no list");
  bool sound = true;
  list->for_each_element([&](const Json& element) {
    std::optional<Event> event = read_event(element);
    sound = sound && event;
    if (event) events.push_back(*event);
  });
  if (!sound) return malformed("an event without its time");
  return events;
}

std::string users_query(std::string_view history) {
  std::vector<std::string_view> types;
  for (const auto& each : kUserEvents) types.push_back(each.first);
  return R"({"asc":true,"limit":100,"aggregateId":)" + json_quote(history) +
         ",\"eventTypes\":" + json_list(types) + '}';
}

// Checks the history: a server that does not know "aggregateId" would answer with other events.
std::vector<Scope> read_users(std::string_view body, std::string_view history) {
  const std::optional<Json> answer = Json::parse_secret(SecretView(body));
  const std::optional<Json> list = answer ? answer->member("events") : std::nullopt;
  std::vector<Scope> users;
  if (!list) return users;
  bool sound = list->is_array();
  list->for_each_element([&](const Json& event) {
    const std::string type = type_of(event);
    for (const auto& [of_type, member] : kUserEvents) {
      if (type != of_type || history_of(event) != history) continue;
      const std::string user = payload_text(event, member);
      sound = sound && !user.empty();
      users.push_back(scope_of(Ends::kSubject, user));
    }
  });
  if (!sound) users.clear();
  return users;
}

}  // namespace auth

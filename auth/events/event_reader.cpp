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

// Where the name of what is ended stands, and what is ended where it is not there.
enum class By {
  kHistory,         // the id of what the event happened to
  kTokenOrHistory,  // payload.tokenId, else the user that it happened to
  kUser,            // payload.userId, else the user of the grant that it happened to
  kRole,            // the project that it happened to, and payload.key
  kSession,         // the user of the session that it happened to
  kNothing,
};

struct Rule {
  std::string_view type;
  Ends ends;
  By by = By::kHistory;
  Ends otherwise = Ends::kEverything;
};

// A role that comes, with a grant that names no user, may come to anybody. One that goes was a role
// of a token that is known with it.
constexpr Rule kRules[] = {
    {"user.deactivated", Ends::kSubject},
    {"user.reactivated", Ends::kSubject},
    {"user.locked", Ends::kSubject},
    {"user.unlocked", Ends::kSubject},
    {"user.removed", Ends::kSubject},
    {"user.signed.out", Ends::kSubject},
    {"user.human.signed.out", Ends::kSubject},
    {"user.human.refresh.token.removed", Ends::kSubject},
    {"user.token.removed", Ends::kSubject},
    {"user.pat.removed", Ends::kToken, By::kTokenOrHistory},
    {"user.grant.added", Ends::kSubject, By::kUser},
    {"user.grant.changed", Ends::kSubject, By::kUser},
    {"user.grant.reactivated", Ends::kSubject, By::kUser},
    {"user.grant.removed", Ends::kSubject, By::kUser, Ends::kAnyRole},
    {"user.grant.deactivated", Ends::kSubject, By::kUser, Ends::kAnyRole},
    {"user.grant.cascade.changed", Ends::kSubject, By::kUser, Ends::kAnyRole},
    {"user.grant.cascade.removed", Ends::kSubject, By::kUser, Ends::kAnyRole},
    {"project.role.removed", Ends::kRole, By::kRole, Ends::kAnyRole},
    {"project.deactivated", Ends::kProject},
    {"project.reactivated", Ends::kProject},
    {"project.removed", Ends::kProject},
    {"project.application.deactivated", Ends::kProject},
    {"project.application.reactivated", Ends::kProject},
    {"project.application.removed", Ends::kProject},
    {"project.grant.changed", Ends::kProject},
    {"project.grant.cascade.changed", Ends::kProject},
    {"project.grant.deactivated", Ends::kProject},
    {"project.grant.reactivated", Ends::kProject},
    {"project.grant.removed", Ends::kProject},
    {"org.deactivated", Ends::kEverything, By::kNothing},
    {"org.reactivated", Ends::kEverything, By::kNothing},
    {"org.removed", Ends::kEverything, By::kNothing},
    {"oidc_session.access_token.revoked", Ends::kSession},
    {"oidc_session.refresh_token.revoked", Ends::kSession},
    {"oidc_session.refresh_token.renewed", Ends::kSession},
    {"session.terminated", Ends::kSubject, By::kSession},
    {"web_key.activated", Ends::kKeys, By::kNothing},
    {"web_key.removed", Ends::kKeys, By::kNothing},
};

// Where the user of a session or a grant stands. They come often, so they are asked for only when
// that has ended.
struct Owner {
  std::string_view type;
  std::string_view member;  // of the payload
};
constexpr Owner kOwners[] = {{"session.user.checked", "userID"}, {"user.grant.added", "userId"}};

const Rule* rule_of(std::string_view type) {
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules),
                                         [&](const Rule& rule) { return rule.type == type; });
  return found == std::end(kRules) ? nullptr : found;
}

// Of an object, or of base64 text that holds one. Empty where there is no such text.
std::string payload_text(const Json& event, std::string_view name) {
  std::optional<Json> payload = event.member("payload");
  if (!payload) return {};
  if (const auto text = payload->text()) {
    const Secret decoded = base64_decode(SecretView(*text));
    payload = Json::parse_secret(decoded);
  }
  return payload ? payload->text_of(name).value_or("") : "";
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
      return named(rule.ends, payload_text(event, "userId"));
    case By::kRole: {
      const std::string key = payload_text(event, "key");
      return key.empty() || history.empty() ? scope_of(rule.otherwise)
                                            : scope_of(rule.ends, history, key);
    }
    case By::kSession:
      return scope_of(rule.otherwise);
    case By::kNothing:
      return scope_of(rule.ends);
  }
  return scope_of(Ends::kEverything);
}

// A whole number is text in protobuf's JSON.
std::string sequence_of(const Json& event) {
  if (const auto number = event.integer_of("sequence")) return std::to_string(*number);
  return event.text_of("sequence").value_or("");
}

std::pair<std::string, std::string> type_and_history(const Json& event) {
  const auto text_in = [&](const char* group, const char* name) {
    const std::optional<Json> member = event.member(group);
    return member ? member->text_of(name).value_or("") : std::string();
  };
  return {text_in("type", "type"), text_in("aggregate", "id")};
}

std::optional<Event> read_event(const Json& event) {
  const auto time = parse_microseconds(event.text_of("creationDate").value_or(""));
  if (!time) return std::nullopt;
  const auto [type, history] = type_and_history(event);
  const std::string sequence = sequence_of(event);
  Event read{Digest().add(type).add(history).add(sequence).value(), *time};
  if (type.empty()) {
    read.ends = scope_of(Ends::kEverything);
  } else if (const Rule* rule = rule_of(type)) {
    read.ends = scope_in(event, *rule, history);
    const bool is_owned = rule->by == By::kUser || rule->by == By::kSession;
    if (is_owned && read.ends == scope_of(rule->otherwise)) read.owned = history;
  }
  return read;
}

}  // namespace

std::string event_types() {
  std::string types = "[";
  for (const Rule& rule : kRules) {
    if (types.size() > 1) types += ',';
    types += json_quote(rule.type);
  }
  return types + ']';
}

Result<std::vector<Event>> read_events(std::string_view body) {
  const auto malformed = [](std::string_view what) {
    return Error{Reason::kMalformedAnswer, "event search: " + std::string(what)};
  };
  const std::optional<Json> answer = Json::parse_secret(SecretView(body));
  if (!answer || !answer->is_object()) return malformed("not a JSON object");
  std::vector<Event> events;
  const std::optional<Json> list = answer->member("events");
  if (!list) return events;  // protobuf leaves an empty list out
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

std::string owner_query(std::string_view owned) {
  std::string query = R"({"asc":true,"limit":100,"aggregateId":)" + json_quote(owned);
  query += R"(,"eventTypes":[)";
  for (const Owner& owner : kOwners) {
    query.append(&owner == kOwners ? "\"" : ",\"").append(owner.type).append("\"");
  }
  return query + "]}";
}

// A server that does not know the condition would answer with the events of others.
std::vector<Scope> read_owners(std::string_view body, std::string_view owned) {
  const std::optional<Json> answer = Json::parse_secret(SecretView(body));
  const std::optional<Json> list = answer ? answer->member("events") : std::nullopt;
  if (!list || !list->is_array()) return {};
  std::vector<Scope> users;
  bool sound = true;
  list->for_each_element([&](const Json& event) {
    const auto [type, history] = type_and_history(event);
    for (const Owner& owner : kOwners) {
      if (type != owner.type || history != owned) continue;
      const std::string user = payload_text(event, owner.member);
      sound = sound && !user.empty();
      users.push_back(scope_of(Ends::kSubject, user));
    }
  });
  return sound ? users : std::vector<Scope>();
}

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
#include "cli/check/events_ended.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "auth/base/json.h"
#include "auth/events/event_reader.h"
#include "auth/events/purges.h"
#include "auth/parts.h"

namespace cli {
namespace {

using auth::Ends;
using auth::json_quote;

constexpr std::string_view kOfGrants = "user.grant.";

// Returns the event types that end something: those of authorizations, or the others of users.
std::vector<std::string> types_of(bool grants) {
  std::vector<std::string> types;
  const auto all = auth::Json::parse(auth::event_types());
  if (!all) return types;
  all->for_each_element([&](const auth::Json& each) {
    const std::string type(each.text().value_or(""));
    if (type.starts_with("user.") && type.starts_with(kOfGrants) == grants) types.push_back(type);
  });
  return types;
}

// Returns what an event of this type, history and payload would end, and whether JWTs end with it.
// user: the one that ZITADEL names if the event names none; empty if ZITADEL names none either.
std::optional<std::pair<auth::Scope, bool>> ends(const std::string& type,
                                                 const std::string& history,
                                                 const std::string& payload,
                                                 const std::string& user) {
  const auto events = auth::read_events(
      R"({"events":[{"creationDate":"2000-01-01T00:00:00Z","sequence":"1","aggregate":{"id":)" +
      json_quote(history) + R"(},"type":{"type":)" + json_quote(type) + R"(},"payload":)" +
      payload + "}]}");
  if (!events || events->empty()) return std::nullopt;
  const auth::Event& event = events->front();
  if (!event.ends) return std::nullopt;
  const bool asks_whose = !event.whose.empty() && !user.empty();
  return std::pair(asks_whose ? auth::scope_of(Ends::kSubject, user) : *event.ends,
                   event.ends_jwts);
}

std::string words_of(auth::Scope scope, const std::string& user) {
  switch (auth::kind_of(scope)) {
    case Ends::kSubject:
      return "all tokens of user " + user;
    case Ends::kToken:
      return "the personal access token that it names";
    case Ends::kAnyRole:
      return "all tokens with a role";
    case Ends::kEverything:
    case Ends::kSession:
    case Ends::kRole:
    case Ends::kProject:
    case Ends::kKeys:
      break;
  }
  return "all tokens";
}

}  // namespace

void EndedTokens::add(Groups& groups, const std::vector<std::string>& types,
                      const std::string& history, const std::string& payload,
                      const std::string& user) const {
  for (const std::string& type : types) {
    const auto ended = ends(type, history, payload, user);
    if (!ended) continue;
    const auto [scope, ends_jwts] = *ended;
    const bool jwts = ends_jwts && auth::follows_jwts(settings_);
    const auto known =
        std::find_if(groups.begin(), groups.end(), [&, same = scope, too = jwts](const auto& each) {
          return each.ends == same && each.jwts == too;
        });
    if (known == groups.end()) {
      groups.push_back({scope, jwts, type});
    } else {
      known->types += ", " + type;
    }
  }
}

// Tokens that end by their id cannot be named here.
std::string EndedTokens::tokens_in(auth::Scope scope) const {
  if (tokens_.empty() || auth::kind_of(scope) == Ends::kToken) return {};
  auth::Purges purges(settings_.project_id, auth::passes_roles(settings_));
  const std::uint64_t before = purges.generation();
  purges.add({scope});
  std::string names;
  for (const KnownToken& each : tokens_) {
    if (purges.ended(*each.claims, before)) names += (names.empty() ? "" : ", ") + each.name;
  }
  return names.empty() ? ", and so of none of the tokens here" : ", and so of the token " + names;
}

void EndedTokens::tell(const std::string& name, const Groups& groups,
                       const std::string& user) const {
  const bool asks = settings_.validation != auth::Validation::kJwt;
  for (const Group& each : groups) {
    if (!asks && !each.jwts) continue;
    const std::string which = words_of(each.ends, user);
    std::string said = asks ? "what is known of " + which + " is asked about again" : "of " + which;
    if (each.jwts) {
      said += std::string(asks ? "; of them" : "") + ", JWTs issued until then are refused";
    }
    findings_.note(name, each.types + ": " + said + tokens_in(each.ends));
  }
}

void EndedTokens::tell_user(const std::string& user) const {
  Groups groups;
  add(groups, types_of(false), user, R"({"tokenId":"1"})", user);
  add(groups, types_of(true), "1", "{\"userId\":" + json_quote(user) + '}', user);
  tell("user " + user, groups, user);
}

// ZITADEL does not name the user if an authorization is deactivated or activated again.
void EndedTokens::tell_grant(const std::string& grant, const std::string& user) const {
  Groups groups;
  if (!user.empty()) {
    add(groups, types_of(true), grant, "{\"userId\":" + json_quote(user) + '}', user);
    tell("grant " + grant, groups, user);
    groups.clear();
  }
  add(groups, types_of(true), grant, "{}", user);
  tell("grant " + grant + ", where its event names no user", groups, user);
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/check/events.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "auth/events/event_reader.h"
#include "auth/parts.h"
#include "cli/check/events_ended.h"
#include "cli/check/events_feed.h"
#include "cli/setup/management.h"
#include "cli/token/token_request.h"

namespace cli {
namespace {

// Returns the name of the credentials for the event search.
std::string name_of(const auth::EventsToken& token) {
  const auto* const key = std::get_if<auth::ServiceUserKey>(&token);
  return key == nullptr ? "the personal access token"
                        : "the key " + key->key_id + " of user " + key->user_id;
}

std::optional<auth::Secret> token_of(const auth::Settings& settings, fcgi::Judge& judge,
                                     Findings& findings) {
  if (const auto* const token = std::get_if<auth::Secret>(&*settings.events_token)) {
    return token->copy();
  }
  auto token = get_token({settings.domain, std::string(kZitadelScope), settings.allow_http,
                          auth::kMostAuthorizationBytes},
                         std::get<auth::ServiceUserKey>(*settings.events_token), judge.http(),
                         judge.clock());
  if (token) return *std::move(token);
  findings.bad(
      Trouble::kRefused, "events",
      "no token is to be had with the key of ZITADEL_EVENTS_TOKEN_FILE: " + token.error().sentence);
  return std::nullopt;
}

void tell_refusal(const ApiError& error, const auth::Settings& settings, Findings& findings) {
  const std::string who = name_of(*settings.events_token) + " of ZITADEL_EVENTS_TOKEN_FILE";
  if (error.status == 401) {
    return findings.bad(Trouble::kRefused, "events",
                        "ZITADEL does not take " + who +
                            ": it has ended, was removed, or its user is locked or deactivated. "
                            "Write another one into that file (zitadel-setup --events makes one)");
  }
  if (error.status == 403 || error.id == "AUTHZ-cdgFk") {
    return findings.bad(Trouble::kRefused, "events",
                        who +
                            " may not read events: make its user an IAM_OWNER_VIEWER of the "
                            "instance (zitadel-setup --events does)");
  }
  findings.bad(Trouble::kZitadel, "events", "cannot be searched: " + error.words);
}

// Reports the last event of the types that end something.
void tell_last(const auth::Json& answer, Findings& findings) {
  std::string last;
  if (const auto list = answer.member("events")) {
    list->for_each_element([&](const auth::Json& event) {
      const auto type = event.member("type");
      last = (type ? type->text_of("type").value_or("?") : "?") + " at " +
             event.text_of("creationDate").value_or("?");
    });
  }
  findings.note("last event", last.empty() ? "none that ends anything has ever been" : last);
}

// Returns null if the events cannot be searched.
std::unique_ptr<Management> open_search(const auth::Settings& settings, fcgi::Judge& judge,
                                        Findings& findings) {
  const auto token = token_of(settings, judge, findings);
  if (!token) return nullptr;
  auto api = std::make_unique<Management>(settings.domain, *token, "", judge.http());
  const auto answer =
      api->post(auth::kEventSearch, R"({"limit":1,"eventTypes":)" + auth::event_types() + '}');
  if (!answer) {
    tell_refusal(answer.error(), settings, findings);
    return nullptr;
  }
  findings.good("events", "may be searched with " + name_of(*settings.events_token));
  tell_last(*answer, findings);
  return api;
}

// Returns the user of an authorization; empty if ZITADEL has no event of its making.
std::string user_of(const std::string& grant, Management& api, Findings& findings) {
  const std::string name = "grant " + grant;
  const auto answer =
      api.post(auth::kEventSearch, R"({"limit":1,"asc":true,"eventTypes":["user.grant.added"],)"
                                   R"("aggregateId":)" +
                                       auth::json_quote(grant) + '}');
  std::string user, project;
  const auto list = answer ? answer->member("events") : std::nullopt;
  if (list) {
    list->for_each_element([&](const auth::Json& event) {
      user = auth::payload_text(event, "userId");
      project = auth::payload_text(event, "projectId");
    });
  }
  if (is_id(user)) {
    findings.note(name, "is an authorization of user " + user + " in project " + project);
    return user;
  }
  findings.note(name, "ZITADEL tells of no such authorization");
  return {};
}

}  // namespace

void check_events(const auth::Settings& settings, const EventsQuestion& question,
                  const Instance& instance, const std::vector<KnownToken>& tokens,
                  auth::SharedCache* shared, fcgi::Judge& judge, Findings& findings) {
  const bool is_asked = !question.user.empty() || !question.grant.empty();
  if (!settings.events_token) {
    if (is_asked) {
      findings.note("events",
                    "end nothing, for none are asked for: ZITADEL_EVENTS_TOKEN_FILE is not set "
                    "(zitadel-setup --events sets it)");
    }
    return;
  }
  if (!auth::is_fed(settings)) {
    return findings.note("events",
                         "are not asked for: nothing is remembered that they could end, with "
                         "ZITADEL_CACHE_TTL=0");
  }
  std::unique_ptr<Management> api;
  if (instance.is_reached) api = open_search(settings, judge, findings);
  check_feed(settings, shared, judge.clock(), findings);
  const EndedTokens ended(settings, tokens, findings);
  if (!question.user.empty()) ended.tell_user(question.user);
  if (question.grant.empty()) return;
  ended.tell_grant(question.grant, api ? user_of(question.grant, *api, findings) : "");
}

}  // namespace cli

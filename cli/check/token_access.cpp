// SPDX-License-Identifier: Apache-2.0
#include "cli/check/token_access.h"

#include <string>

#include "fcgi/command/settings_rules.h"

namespace cli {
namespace {

void tell_door(const std::string& what, const auth::Requirement& required,
               const auth::Claims& claims, Findings& findings) {
  if (required.is_public()) return findings.note("access", what + ": open to everybody");
  const auto met = required.check_from_anywhere(claims);
  const std::string from = required.names_networks() ? ", from the right network" : "";
  met ? findings.good("access", what + ": lets it in" + from)
      : findings.note("access", what + ": refuses it, " + to_string(met.error()));
}

std::string project_advice(const auth::Settings& settings) {
  if (settings.project_id.empty()) {
    return "Set ZITADEL_PROJECT_ID to the Resource Id of this API's project";
  }
  return "Is ZITADEL_PROJECT_ID (" + settings.project_id +
         ") the Resource Id of this API's own project, and was the token asked for with that "
         "project's scope …:aud?";
}

void tell_refusal(const auth::Error& error, const auth::Settings& settings, Findings& findings) {
  const bool is_foreign = error.reason == auth::Reason::kWrongAudience;
  findings.bad(Trouble::kToken, "access",
               "the program refuses it: " + to_string(error) +
                   (is_foreign ? ". " + project_advice(settings) : ""));
}

}  // namespace

KnownClaims tell_access(const auth::Settings& settings, auth::SecretView token,
                        const fcgi::Router& router, fcgi::Judge& judge, Findings& findings) {
  const auto answer = judge.ask(token, auth::Requirement());
  if (!answer) {
    tell_refusal(answer.error(), settings, findings);
    return nullptr;
  }
  for (const fcgi::Endpoint& each : router.endpoints()) {
    tell_door("endpoint " + each.path, each.requirement, **answer, findings);
  }
  const auto rules = fcgi::open_rules(settings, judge.clock());
  if (!rules || *rules == nullptr) return *answer;
  const auto current = (*rules)->current();
  for (const fcgi::Rules::Line& line : current->lines()) {
    tell_door("rule of line " + std::to_string(line.number) + ", " + line.text, *line.requirement,
              **answer, findings);
  }
  return *answer;
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/check/token.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/zitadel/discovery.h"
#include "cli/check/credentials.h"
#include "cli/check/token_inactive.h"
#include "cli/check/token_kind.h"
#include "cli/check/token_words.h"

namespace cli {
namespace {

using auth::Json;

// Checks one token. Keeps the findings until it is known whether all tokens are inactive.
class TokenCheck {
 public:
  TokenCheck(const auth::Settings& settings, const NamedToken& named, const Instance& instance,
             fcgi::Judge& judge)
      : settings_(settings), named_(named), instance_(instance), judge_(judge) {}

  void run(const fcgi::Router& router) {
    kind_ = look_at_kind(settings_, named_.token, instance_, judge_, findings_);
    if (!kind_.is_worth_asking) return;
    const bool asks =
        settings_.validation == auth::Validation::kIntrospection ||
        (settings_.validation == auth::Validation::kJwtOrIntrospection && !kind_.is_jwt);
    if (asks && !instance_.takes_us) {
      return findings_.note("token",
                            "not asked about: ZITADEL takes no question of ours (see above)");
    }
    if (asks && !is_active()) return;
    if (!asks && kind_.is_signed) tell(*kind_.payload, "is judged here");
    claims_ = tell_access(settings_, named_.token, router, judge_, findings_);
  }

  // Whether the token is inactive and does not show the reason.
  [[nodiscard]] bool is_riddle() const noexcept { return is_riddle_; }

  // all_inactive: every token is inactive, which is reported elsewhere.
  void tell_riddle(bool all_inactive) {
    constexpr std::string_view kInactive = "ZITADEL calls it inactive";
    if (!is_riddle_) return;
    if (all_inactive) return findings_.note("active", kInactive);
    findings_.bad(Trouble::kToken, "active", std::string(kInactive) + ": " + what_may_be(kind_));
  }

  [[nodiscard]] const Findings& findings() const noexcept { return findings_; }
  [[nodiscard]] KnownToken known() const { return {named_.name, claims_}; }

 private:
  // Asks ZITADEL. False also if no answer says whether it is active.
  bool is_active();
  void tell(const Json& claims, std::string_view what) {
    tell_claims(claims, what, judge_.clock().wall(), findings_);
  }
  void explain_inactive();

  const auth::Settings& settings_;
  const NamedToken& named_;
  const Instance& instance_;
  fcgi::Judge& judge_;
  Findings findings_{};
  TokenKind kind_{};
  KnownClaims claims_{};
  bool is_riddle_ = false;
};

bool TokenCheck::is_active() {
  const auto answer = introspect(instance_.introspection_endpoint, judge_, named_.token);
  if (!answer) {
    findings_.bad(Trouble::kZitadel, "active", to_string(answer.error()));
    return false;
  }
  const std::optional<Json> claims =
      answer->status == 200 ? Json::parse(answer->body) : std::nullopt;
  const std::optional<Json> active = claims ? claims->member("active") : std::nullopt;
  const std::optional<bool> is_active = active ? active->boolean() : std::nullopt;
  if (!is_active) {
    findings_.bad(Trouble::kZitadel, "active", auth::answer_in_words(*answer, "introspection"));
    return false;
  }
  if (!*is_active) {
    explain_inactive();
    return false;
  }
  const std::string jti = claims->text_of("jti").value_or("");
  const bool is_personal = !claims->member("client_id") && !jti.empty() &&
                           std::all_of(jti.begin(), jti.end(), auth::is_digit);
  tell(*claims, is_personal ? "is active; it is a personal access token, which every API of the "
                              "instance takes for active: only roles keep it out"
                            : "is active");
  return true;
}

void TokenCheck::explain_inactive() {
  const std::string why = why_inactive(kind_, settings_, judge_.clock().wall());
  is_riddle_ = why.empty();
  if (is_riddle_) return;
  findings_.bad(Trouble::kToken, "active", "ZITADEL calls it inactive: " + why);
}

}  // namespace

std::vector<KnownToken> check_tokens(const auth::Settings& settings,
                                     const std::vector<NamedToken>& tokens,
                                     const Instance& instance, const fcgi::Router& router,
                                     fcgi::Judge& judge, Findings& findings) {
  std::vector<TokenCheck> checks;
  for (const NamedToken& each : tokens) {
    checks.emplace_back(settings, each, instance, judge).run(router);
  }
  const auto is_new = [](const NamedToken& each) { return each.is_new; };
  const bool any_new = std::any_of(tokens.begin(), tokens.end(), is_new);
  const bool is_enough = tokens.size() > 1 || any_new;
  const bool all_inactive =
      is_enough && std::all_of(checks.begin(), checks.end(),
                               [](const TokenCheck& each) { return each.is_riddle(); });
  std::vector<KnownToken> known;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (tokens.size() > 1) findings.note("token", "the one " + tokens[i].name + ':');
    checks[i].tell_riddle(all_inactive);
    findings.add(checks[i].findings());
    if (KnownToken one = checks[i].known(); one.claims) known.push_back(std::move(one));
  }
  if (all_inactive) {
    findings.bad(Trouble::kZitadel, "zitadel", all_inactive_words(any_new, settings));
  }
  return known;
}

}  // namespace cli

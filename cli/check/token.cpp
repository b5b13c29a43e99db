#include "cli/check/token.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/jose/jwt.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/jwt_claims.h"
#include "auth/zitadel/url.h"
#include "cli/check/credentials.h"
#include "cli/check/token_words.h"
#include "fcgi/command/settings_rules.h"

namespace cli {
namespace {

using auth::Json;

constexpr std::string_view kScope =
    "the scope that puts this API's project into its audience, "
    "urn:zitadel:iam:org:project:id:PROJECT-ID:aud (zitadel-token asks for it)";

class TokenCheck {
 public:
  TokenCheck(const auth::Settings& settings, auth::SecretView token, const Instance& instance,
             fcgi::Judge& judge, bool all_inactive, Findings& findings)
      : settings_(settings),
        token_(token),
        instance_(instance),
        judge_(judge),
        all_inactive_(all_inactive),
        findings_(findings),
        is_jwt_(auth::jose::looks_like_jwt(token.reveal())) {}

  void run(const fcgi::Router& router) {
    if (!is_worth_asking()) return;
    const bool asks = settings_.validation == auth::Validation::kIntrospection ||
                      (settings_.validation == auth::Validation::kJwtOrIntrospection && !is_jwt_);
    if (asks && !instance_.takes_us) {
      return findings_.note("token",
                            "not asked about: ZITADEL takes no question of ours (see above)");
    }
    if (asks) ask_zitadel();
    if (!asks && is_signed_) tell(*payload_, "is judged here");
    decide(router);
  }

  // Inactive, and nothing in the token tells why.
  [[nodiscard]] bool is_riddle() const noexcept { return is_riddle_; }

 private:
  // Tells what kind it is.
  bool is_worth_asking();
  bool is_sound(const auth::jose::Jwt& jwt, const auth::jose::VerificationKey& key);
  bool explain_unknown_key();
  void ask_zitadel();
  void tell(const Json& claims, std::string_view what) {
    tell_claims(claims, what, judge_.clock().wall(), findings_);
  }
  void explain_inactive();
  [[nodiscard]] std::string what_may_be() const;
  [[nodiscard]] std::string why_inactive() const;  // as far as the token itself tells
  [[nodiscard]] bool is_for_us(const std::vector<std::string>& audience) const;
  void decide(const fcgi::Router& router);
  [[nodiscard]] std::string project_advice() const;
  void tell_door(const std::string& what, const auth::Requirement& required,
                 const auth::Claims& claims);

  const auth::Settings& settings_;
  const auth::SecretView token_;
  const Instance& instance_;
  fcgi::Judge& judge_;
  const bool all_inactive_;  // which is told elsewhere
  Findings& findings_;
  const bool is_jwt_;
  std::optional<Json> payload_{};  // of a JWT: as anybody may have written it
  bool is_signed_ = false;         // by a key of the instance
  bool is_riddle_ = false;
};

bool TokenCheck::is_worth_asking() {
  const auto bad = [this](const std::string& text) {
    findings_.bad(Trouble::kToken, "token", text);
    return false;
  };
  if (!is_jwt_) {
    findings_.good("token", "is opaque: ZITADEL alone can say what it is");
    return true;
  }
  const auto text = auth::jose::unverified_payload(token_.reveal());
  payload_ = text ? Json::parse(*text) : std::nullopt;
  const auto jwt = auth::jose::Jwt::parse(token_.reveal());
  if (!jwt || !payload_) {
    return bad("begins like a JWT and is none: is it whole? " +
               (jwt ? std::string() : to_string(jwt.error())));
  }
  if (!instance_.keys) {
    findings_.note("token", "is a JWT, whose signature cannot be looked at");
    return true;
  }
  const auth::jose::SharedKey key = instance_.keys->find(jwt->key_id());
  return key == nullptr ? explain_unknown_key() : is_sound(*jwt, *key);
}

bool TokenCheck::is_sound(const auth::jose::Jwt& jwt, const auth::jose::VerificationKey& key) {
  const auto verified = jwt.verify(key);
  if (!verified) {
    findings_.bad(Trouble::kToken, "token", "is a JWT, and " + to_string(verified.error()));
    return false;
  }
  const auth::Expectations expected{settings_.domain, settings_.client_id, settings_.project_id};
  const auto claims = auth::parse_jwt_claims(*verified, expected, judge_.clock().wall());
  if (!claims && claims.error().reason == auth::Reason::kNotAnAccessToken) {
    findings_.bad(
        Trouble::kToken, "token",
        "is a JWT of this instance, but no access token: an ID token says who somebody is "
        "and opens nothing. Send the access_token that came with it");
    return false;
  }
  is_signed_ = true;
  findings_.good("token", "is a JWT, signed by this instance");
  return true;
}

// ZITADEL goes on calling the JWTs of a removed key active.
bool TokenCheck::explain_unknown_key() {
  const std::string issuer = payload_->text_of("iss").value_or("");
  if (issuer == settings_.domain) {
    findings_.note("token", "is a JWT whose key is none of this instance any more: get a new one");
    return true;
  }
  findings_.bad(Trouble::kToken, "token",
                "is a JWT of another instance, " + auth::shown_url(issuer) + ": get one of " +
                    settings_.domain);
  return false;
}

bool TokenCheck::is_for_us(const std::vector<std::string>& audience) const {
  return std::any_of(audience.begin(), audience.end(), [this](const std::string& each) {
    return each == settings_.client_id ||
           (!settings_.project_id.empty() && each == settings_.project_id);
  });
}

void TokenCheck::ask_zitadel() {
  const auto answer = introspect(instance_.introspection_endpoint, judge_, token_);
  if (!answer) {
    return findings_.bad(Trouble::kZitadel, "active", to_string(answer.error()));
  }
  const std::optional<Json> claims =
      answer->status == 200 ? Json::parse(answer->body) : std::nullopt;
  const std::optional<Json> active = claims ? claims->member("active") : std::nullopt;
  const std::optional<bool> is_active = active ? active->boolean() : std::nullopt;
  if (!is_active) {
    return findings_.bad(Trouble::kZitadel, "active",
                         auth::answer_in_words(*answer, "introspection"));
  }
  if (!*is_active) return explain_inactive();
  const std::string jti = claims->text_of("jti").value_or("");
  const bool is_personal = !claims->member("client_id") && !jti.empty() &&
                           std::all_of(jti.begin(), jti.end(), auth::is_digit);
  tell(*claims, is_personal ? "is active; it is a personal access token, which every API of the "
                              "instance takes for active: only roles keep it out"
                            : "is active");
}

std::string TokenCheck::why_inactive() const {
  if (!is_signed_ || !payload_) return {};
  const std::optional<std::int64_t> end = payload_->integer_of("exp");
  if (end && auth::WallTime{std::chrono::seconds(*end)} <= judge_.clock().wall()) {
    return "it expired " +
           std::to_string(
               (judge_.clock().wall() - auth::WallTime{std::chrono::seconds(*end)}).count()) +
           " seconds ago: get a new one";
  }
  const std::vector<std::string> audience = texts_of(*payload_, "aud");
  if (is_for_us(audience)) return {};
  return "it is meant for " + joined(audience) + ", and not for this API (client id " +
         settings_.client_id +
         (settings_.project_id.empty() ? "" : ", project id " + settings_.project_id) +
         "): ask for " + std::string(kScope);
}

std::string TokenCheck::what_may_be() const {
  return (is_signed_ ? "it is signed, in time and meant for this API, so "
                     : "of a service user, or of an app of another project, it needs " +
                           std::string(kScope) + "; else ") +
         "it may be expired or revoked, its user locked, deactivated or logged out, or another "
         "instance's; get a new one. Where a new one (--user-key) or another one (--token-file "
         "once "
         "more) is inactive too, ZITADEL fails inside: look at its log";
}

void TokenCheck::explain_inactive() {
  const std::string why = why_inactive();
  is_riddle_ = why.empty();
  if (is_riddle_ && all_inactive_) return findings_.note("active", "ZITADEL calls it inactive");
  findings_.bad(Trouble::kToken, "active",
                "ZITADEL calls it inactive: " + (is_riddle_ ? what_may_be() : why));
}

void TokenCheck::tell_door(const std::string& what, const auth::Requirement& required,
                           const auth::Claims& claims) {
  if (required.is_public()) return findings_.note("access", what + ": open to everybody");
  const auto met = required.check(claims);
  met ? findings_.good("access", what + ": lets it in")
      : findings_.note("access", what + ": refuses it, " + to_string(met.error()));
}

std::string TokenCheck::project_advice() const {
  if (settings_.project_id.empty()) {
    return "Set ZITADEL_PROJECT_ID to the Resource Id of this API's project";
  }
  return "Is ZITADEL_PROJECT_ID (" + settings_.project_id +
         ") the Resource Id of this API's own project, and was the token asked for with that "
         "project's scope …:aud?";
}

void TokenCheck::decide(const fcgi::Router& router) {
  const auto answer = judge_.ask(token_, auth::Requirement());
  if (!answer) {
    if (answer.error().reason == auth::Reason::kInactive) return;  // is told above
    const bool is_foreign = answer.error().reason == auth::Reason::kWrongAudience;
    findings_.bad(Trouble::kToken, "access",
                  "the program refuses it: " + to_string(answer.error()) +
                      (is_foreign ? ". " + project_advice() : ""));
    return;
  }
  const auth::Claims& claims = **answer;
  for (const fcgi::Endpoint& each : router.endpoints()) {
    tell_door("endpoint " + each.path, each.requirement, claims);
  }
  const auto rules = fcgi::open_rules(settings_, judge_.clock());
  if (!rules || *rules == nullptr) return;
  const auto current = (*rules)->current();
  for (const fcgi::Rules::Line& line : current->lines()) {
    tell_door("rule of line " + std::to_string(line.number) + ", " + line.text, *line.requirement,
              claims);
  }
}

std::string all_inactive_words(const std::vector<NamedToken>& tokens,
                               const auth::Settings& settings) {
  const std::string fails =
      "ZITADEL fails inside: its database, one of its Actions or a migration; look at its log. "
      "Meanwhile each caller is told that its token is bad (ZITADEL_GRACE with "
      "ZITADEL_GRACE_WHEN=failing bridges such a time)";
  const bool any_new =
      std::any_of(tokens.begin(), tokens.end(), [](const auto& each) { return each.is_new; });
  if (any_new) {
    return "even a token that was got just now is called inactive: ZITADEL_PROJECT_ID (" +
           settings.project_id + ") is not the Resource Id of this API's own project, or " + fails;
  }
  return "none of these tokens is called active. Where one of them was good a moment ago, or is a "
         "personal access token that its user's page still shows, " +
         fails + ". Else each lacks " + std::string(kScope) + ", or has ended";
}

}  // namespace

void check_tokens(const auth::Settings& settings, const std::vector<NamedToken>& tokens,
                  const Instance& instance, const fcgi::Router& router, fcgi::Judge& judge,
                  Findings& findings) {
  const auto is_riddle = [&](const NamedToken& each) {
    Findings unseen;
    TokenCheck check(settings, each.token, instance, judge, false, unseen);
    check.run(router);
    return check.is_riddle();
  };
  const bool is_enough = tokens.size() > 1 || (!tokens.empty() && tokens[0].is_new);
  const bool all_inactive = is_enough && std::all_of(tokens.begin(), tokens.end(), is_riddle);
  for (const NamedToken& each : tokens) {
    if (tokens.size() > 1) findings.note("token", "the one " + each.name + ':');
    TokenCheck(settings, each.token, instance, judge, all_inactive, findings).run(router);
  }
  if (all_inactive)
    findings.bad(Trouble::kZitadel, "zitadel", all_inactive_words(tokens, settings));
}

}  // namespace cli

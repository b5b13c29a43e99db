// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/token_claims.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/log_text.h"

namespace auth {
namespace {

constexpr const char* kOrganisation = "urn:zitadel:iam:user:resourceowner:id";

using RoleMap = std::map<std::string, std::set<std::string>, std::less<>>;

Error malformed(std::string what) { return {Reason::kMalformedClaims, std::move(what)}; }

// {"role": {"organisation id": "its domain"}}. What is not of that form grants nothing.
void collect_roles(const Json& claim, RoleMap& roles) {
  claim.for_each_member([&](std::string_view role, const Json& granted_by) {
    granted_by.for_each_member([&](std::string_view organisation, const Json&) {
      roles[std::string(role)].emplace(organisation);
    });
  });
}

// Returns the claim whose roles count, if any does. Never the union over all projects,
// "urn:zitadel:iam:org:projects:roles".
std::optional<std::string> roles_claim(const Expectations& expected, Judge judge) {
  if (!expected.project_id.empty()) {
    return "urn:zitadel:iam:org:project:" + expected.project_id + ":roles";
  }
  if (judge == Judge::kHere) return std::nullopt;
  return "urn:zitadel:iam:org:project:roles";
}

void add_roles(const Json& members, const std::optional<std::string>& claim,
               ClaimsBuilder& claims) {
  const std::optional<Json> granted = claim ? members.member(*claim) : std::nullopt;
  if (!granted) return;
  RoleMap roles;
  collect_roles(*granted, roles);
  for (const auto& [role, organisations] : roles) {
    claims.role(role, {organisations.begin(), organisations.end()});
  }
}

void add_extras(const Json& members, const Expectations& expected, ClaimsBuilder& claims) {
  for (const std::string& name : expected.extra_claims) {
    const std::optional<Json> value = members.member(name);
    if (!value) continue;
    const std::optional<std::string_view> text = value->text();
    claims.extra(name, text ? *text : value->serialise());
  }
}

// A claim that cannot be read must not count as absent: its author meant it to decide otherwise.
Result<void> check_readable(const JsonMembers& members, const std::optional<std::string>& roles) {
  for (const std::string_view name : {"exp", "nbf", "iss", "aud", "sub", kOrganisation}) {
    if (members.is_unreadable(name)) {
      return malformed(std::string(name) + " cannot be read, or holds U+0000");
    }
  }
  if (roles && members.is_unreadable(*roles)) return malformed(*roles + " cannot be read");
  return {};
}

// RFC 7519 §4.1.4 and §4.1.5.
Result<void> check_times(const Json& members, Judge judge, WallTime now, ClaimsBuilder& claims) {
  // Our clock may be ahead of ZITADEL's. A token that is validated here gets no more time.
  const std::chrono::seconds expiry_skew =
      judge == Judge::kZitadel ? kClockSkew : std::chrono::seconds(0);
  for (const std::string_view name : {"exp", "nbf"}) {
    if (!members.member(name)) continue;
    const std::optional<std::int64_t> seconds = members.integer_of(name);
    if (!seconds || *seconds < 0) return malformed(std::string(name) + " is not a NumericDate");
    const WallTime time{std::chrono::seconds(*seconds)};
    if (name == "exp") {
      if (time <= now - expiry_skew) return Error{Reason::kExpired};
      claims.expiry(time);
    } else {
      if (time > now + kClockSkew) return Error{Reason::kNotYetValid};
      claims.not_before(time);
    }
  }
  return {};
}

Result<void> check_issuer(const Json& members, const Expectations& expected,
                          ClaimsBuilder& claims) {
  const std::optional<Json> issuer = members.member("iss");
  if (!issuer) return {};
  const std::optional<std::string_view> text = issuer->text();
  if (!text) return malformed("iss is not a string");
  if (*text != expected.issuer) return Error{Reason::kWrongIssuer};
  claims.issuer(*text);
  return {};
}

// RFC 7662 §2.2: a string or an array of strings.
Result<void> check_audience(const Json& members, const Expectations& expected, Judge judge,
                            ClaimsBuilder& claims) {
  const std::optional<Json> audience = members.member("aud");
  if (!audience) return {};
  bool well_formed = true;
  bool meant_for_us = judge == Judge::kZitadel && expected.project_id.empty();
  const auto take = [&](const Json& entry) {
    const std::optional<std::string_view> text = entry.text();
    well_formed = well_formed && text.has_value();
    if (!text) return;
    for (const std::string* ours : {&expected.client_id, &expected.project_id}) {
      meant_for_us = meant_for_us || (!ours->empty() && *text == *ours);
    }
    claims.audience(*text);
  };
  if (audience->is_array()) {
    audience->for_each_element(take);
  } else {
    take(*audience);
  }
  if (!well_formed) return malformed("aud is neither a string nor a list of strings");
  if (!meant_for_us) {
    return Error{Reason::kWrongAudience,
                 "its aud holds neither " +
                     (expected.client_id.empty() ? "a client id (none is known)"
                                                 : "the client id " + expected.client_id) +
                     " nor " +
                     (expected.project_id.empty() ? "a project id (ZITADEL_PROJECT_ID is not set)"
                                                  : "the project id " + expected.project_id) +
                     ", but " + audience_in_words(*audience)};
  }
  return {};
}

}  // namespace

Result<Claims> read_claims(const JsonMembers& all, const Expectations& expected, Judge judge,
                           WallTime now) {
  const std::optional<std::string> roles = roles_claim(expected, judge);
  if (auto checked = check_readable(all, roles); !checked) return std::move(checked).error();
  const Json& members = all.readable();
  ClaimsBuilder claims;
  if (auto checked = check_times(members, judge, now, claims); !checked) {
    return std::move(checked).error();
  }
  if (auto checked = check_issuer(members, expected, claims); !checked) {
    return std::move(checked).error();
  }
  if (auto checked = check_audience(members, expected, judge, claims); !checked) {
    return std::move(checked).error();
  }
  claims.subject(members.text_of("sub").value_or(""));
  claims.client_id(members.text_of("client_id").value_or(""));
  claims.username(members.text_of("username").value_or(""));
  claims.organisation(members.text_of(kOrganisation).value_or(""));
  if (expected.keep_token_id) claims.token_id(members.text_of("jti").value_or(""));
  if (const auto issued = members.integer_of("iat"); issued && *issued >= 0) {
    claims.issued(WallTime(std::chrono::seconds(*issued)));
  }
  add_roles(members, roles, claims);
  if (claims.is_too_long())
    return Error{Reason::kClaimsTooLong, "its roles, subject or names cannot be kept"};
  claims.scopes(members.text_of("scope").value_or(""));
  add_extras(members, expected, claims);
  return claims.build();
}

std::string audience_in_words(const Json& audience) {
  constexpr std::size_t kEntries = 8;
  constexpr std::size_t kEntryBytes = 64;
  std::string words;
  std::size_t count = 0;
  const auto add = [&](const Json& entry) {
    if (++count > kEntries) return;
    const auto text = entry.text();
    words +=
        (words.empty() ? "" : ", ") + (text ? shown_in_log(*text, kEntryBytes) : "what is no text");
  };
  audience.is_array() ? audience.for_each_element(add) : add(audience);
  if (count == 0) return "nothing";
  if (count > kEntries) words += " and " + std::to_string(count - kEntries) + " more";
  return words;
}

}  // namespace auth

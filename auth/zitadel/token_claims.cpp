#include "auth/zitadel/token_claims.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace auth {
namespace {

constexpr std::string_view kRolesClaim = "urn:zitadel:iam:org:project:roles";
constexpr std::string_view kProjectRolesPrefix = "urn:zitadel:iam:org:project:";
constexpr std::string_view kProjectRolesSuffix = ":roles";

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

bool holds_roles(std::string_view claim, std::string_view project_id) {
  if (!project_id.empty()) {
    return claim.size() ==
               kProjectRolesPrefix.size() + project_id.size() + kProjectRolesSuffix.size() &&
           claim.starts_with(kProjectRolesPrefix) && claim.ends_with(kProjectRolesSuffix) &&
           claim.substr(kProjectRolesPrefix.size(), project_id.size()) == project_id;
  }
  return claim == kRolesClaim ||
         (claim.starts_with(kProjectRolesPrefix) && claim.ends_with(kProjectRolesSuffix));
}

void add_roles(const Json& members, const Expectations& expected, ClaimsBuilder& claims) {
  RoleMap roles;
  members.for_each_member([&](std::string_view name, const Json& value) {
    if (holds_roles(name, expected.project_id)) collect_roles(value, roles);
  });
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

// RFC 7519 §4.1.4 and §4.1.5.
std::optional<Error> check_times(const Json& members, WallTime now, ClaimsBuilder& claims) {
  for (const std::string_view name : {"exp", "nbf"}) {
    if (!members.member(name)) continue;
    const std::optional<std::int64_t> seconds = members.integer_of(name);
    if (!seconds || *seconds < 0) return malformed(std::string(name) + " is not a NumericDate");
    const WallTime time{std::chrono::seconds(*seconds)};
    if (name == "exp") {
      if (time <= now) return Error{Reason::kExpired};
      claims.expiry(time);
    } else {
      if (time > now + kNotBeforeSkew) return Error{Reason::kNotYetValid};
      claims.not_before(time);
    }
  }
  return std::nullopt;
}

std::optional<Error> check_issuer(const Json& members, const Expectations& expected,
                                  ClaimsBuilder& claims) {
  const std::optional<Json> issuer = members.member("iss");
  if (!issuer) return std::nullopt;
  const std::optional<std::string_view> text = issuer->text();
  if (!text) return malformed("iss is not a string");
  if (*text != expected.issuer) return Error{Reason::kWrongIssuer};
  claims.issuer(*text);
  return std::nullopt;
}

// RFC 7662 §2.2: a string or an array of strings.
std::optional<Error> check_audience(const Json& members, const Expectations& expected,
                                    ClaimsBuilder& claims) {
  const std::optional<Json> audience = members.member("aud");
  if (!audience) return std::nullopt;
  bool well_formed = true;
  bool meant_for_us = false;
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
                                                  : "the project id " + expected.project_id)};
  }
  return std::nullopt;
}

}  // namespace

Result<Claims> read_claims(const Json& members, const Expectations& expected, WallTime now) {
  ClaimsBuilder claims;
  if (std::optional<Error> error = check_times(members, now, claims)) return std::move(*error);
  if (std::optional<Error> error = check_issuer(members, expected, claims)) {
    return std::move(*error);
  }
  if (std::optional<Error> error = check_audience(members, expected, claims)) {
    return std::move(*error);
  }
  claims.subject(members.text_of("sub").value_or(""));
  claims.client_id(members.text_of("client_id").value_or(""));
  claims.username(members.text_of("username").value_or(""));
  claims.organisation(members.text_of("urn:zitadel:iam:user:resourceowner:id").value_or(""));
  claims.scopes(members.text_of("scope").value_or(""));
  add_roles(members, expected, claims);
  add_extras(members, expected, claims);
  return claims.build();
}

}  // namespace auth

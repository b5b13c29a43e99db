// SPDX-License-Identifier: Apache-2.0
#include "cli/check/token_words.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace cli {
namespace {

using auth::Json;

constexpr std::int64_t kForever = 253402300799;  // what ZITADEL writes for "no end"

// "2026-11-28 23:16:38 UTC".
std::string shown(auth::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02ld:%02ld:%02ld UTC",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
      static_cast<long>(clock.minutes().count()), static_cast<long>(clock.seconds().count())));
  return text.data();
}

void tell_time(const Json& claims, auth::WallTime now, Findings& findings) {
  const std::optional<std::int64_t> end = claims.integer_of("exp");
  if (!end) return findings.note("until", "it does not say");
  if (*end >= kForever) return findings.note("until", "for ever: a token without an end is a risk");
  const auth::WallTime time{std::chrono::seconds(*end)};
  const auto left = std::chrono::duration_cast<std::chrono::minutes>(time - now);
  findings.good("until", shown(time) + ", " + std::to_string(left.count()) + " minutes from now");
}

// Each claim of roles names its project.
void tell_roles(const Json& claims, Findings& findings) {
  constexpr std::string_view kBefore = "urn:zitadel:iam:org:project:";
  constexpr std::string_view kBehind = ":roles";
  bool any = false;
  claims.for_each_member([&](std::string_view name, const Json& roles) {
    const bool names_project = name.starts_with(kBefore) && name.ends_with(kBehind) &&
                               name.size() > kBefore.size() + kBehind.size();
    if (!names_project) return;
    const std::string_view project =
        name.substr(kBefore.size(), name.size() - kBefore.size() - kBehind.size());
    roles.for_each_member([&](std::string_view role, const Json& organisations) {
      organisations.for_each_member([&](std::string_view organisation, const Json& domain) {
        any = true;
        findings.good("role", std::string(role) + " in project " + std::string(project) +
                                  ", granted by organisation " + std::string(organisation) + " (" +
                                  std::string(domain.text().value_or("?")) + ")");
      });
    });
  });
  if (!any) {
    findings.note("role",
                  "none in this API's project: grant one in ZITADEL's console (Authorizations of "
                  "the project)");
  }
}

}  // namespace

std::vector<std::string> texts_of(const Json& claims, std::string_view name) {
  std::vector<std::string> texts;
  const std::optional<Json> claim = claims.member(name);
  if (!claim) return texts;
  if (const auto text = claim->text()) texts.emplace_back(*text);
  claim->for_each_element([&](const Json& each) {
    if (const auto text = each.text()) texts.emplace_back(*text);
  });
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& each : texts) all += (all.empty() ? "" : ", ") + each;
  return all.empty() ? "nobody" : all;
}

void tell_claims(const Json& claims, std::string_view what, auth::WallTime now,
                 Findings& findings) {
  const std::string user =
      claims.text_of("username").value_or(claims.text_of("client_id").value_or(""));
  findings.good("active", std::string(what) + "; it is user " +
                              claims.text_of("sub").value_or("?") + "'s" +
                              (user.empty() ? "" : " (" + user + ")"));
  tell_time(claims, now, findings);
  const std::vector<std::string> audience = texts_of(claims, "aud");
  findings.good("audience", joined(audience));
  tell_roles(claims, findings);
}

}  // namespace cli

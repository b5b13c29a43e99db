// SPDX-License-Identifier: Apache-2.0
#include "cli/check/token_inactive.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/check/token_words.h"

namespace cli {
namespace {

constexpr std::string_view kScope =
    "the scope that puts this API's project into its audience, "
    "urn:zitadel:iam:org:project:id:PROJECT-ID:aud (zitadel-token asks for it)";

bool is_for_us(const std::vector<std::string>& audience, const auth::Settings& settings) {
  return std::any_of(audience.begin(), audience.end(), [&](const std::string& each) {
    return each == settings.client_id ||
           (!settings.project_id.empty() && each == settings.project_id);
  });
}

}  // namespace

std::string why_inactive(const TokenKind& kind, const auth::Settings& settings,
                         auth::WallTime now) {
  if (!kind.is_signed || !kind.payload) return {};
  const std::optional<std::int64_t> end = kind.payload->integer_of("exp");
  if (end && auth::WallTime{std::chrono::seconds(*end)} <= now) {
    return "it expired " +
           std::to_string((now - auth::WallTime{std::chrono::seconds(*end)}).count()) +
           " seconds ago: get a new one";
  }
  const std::vector<std::string> audience = texts_of(*kind.payload, "aud");
  if (is_for_us(audience, settings)) return {};
  return "it is meant for " + joined(audience) + ", and not for this API (client id " +
         settings.client_id +
         (settings.project_id.empty() ? "" : ", project id " + settings.project_id) +
         "): ask for " + std::string(kScope);
}

std::string what_may_be(const TokenKind& kind) {
  return (kind.is_signed ? "it is signed, in time and meant for this API, so "
                         : "of a service user, or of an app of another project, it needs " +
                               std::string(kScope) + "; else ") +
         "it may be expired or revoked, its user locked, deactivated or logged out, or another "
         "instance's; get a new one. Where a new one (--user-key) or another one (--token-file "
         "once more) is inactive too, ZITADEL fails inside: look at its log";
}

std::string all_inactive_words(bool any_new, const auth::Settings& settings) {
  const std::string fails =
      "ZITADEL fails inside: its database, one of its Actions or a migration; look at its log. "
      "Meanwhile each caller is told that its token is bad (ZITADEL_GRACE with "
      "ZITADEL_GRACE_WHEN=failing bridges such a time)";
  if (any_new) {
    return "even a token that was got just now is called inactive: ZITADEL_PROJECT_ID (" +
           settings.project_id + ") is not the Resource Id of this API's own project, or " + fails;
  }
  return "none of these tokens is called active. Where one of them was good a moment ago, or is a "
         "personal access token that its user's page still shows, " +
         fails + ". Else each lacks " + std::string(kScope) + ", or has ended";
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/token_sources.h"

#include <algorithm>
#include <optional>

#include "auth/base/text.h"
#include "fcgi/http/credentials.h"
#include "fcgi/http/response.h"

namespace fcgi {
namespace {

using auth::Reason;
using Token = auth::Result<auth::SecretView>;

constexpr std::string_view kSubprotocol = "bearer";
constexpr std::size_t kMaxSubprotocolBytes = 1 << 10;

std::vector<std::string_view> subprotocols(const Request& request) {
  std::vector<std::string_view> names;
  for_each_piece(request, kSubprotocols, ',',
                 [&](std::string_view name) { names.push_back(name); });
  return names;
}

// Returns the place of the word before the token; nullopt if it is not there. Error: it is there
// twice, or without a token.
auth::Result<std::optional<std::size_t>, Reason> place_of_bearer(
    const std::vector<std::string_view>& names) {
  std::optional<std::size_t> place;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (names[at] != kSubprotocol) continue;
    if (place || at + 1 == names.size()) return Reason::kMalformedSubprotocol;
    place = at;
    ++at;
  }
  return place;
}

}  // namespace

Token TokenSources::find(const Request& request) const {
  Token found = auth::bearer_token(request.authorization(), max_bytes_);
  if (cookie_.empty() && !websocket_) return found;
  if (!found && found.error().reason != Reason::kNoToken) return found;
  bool is_in_cookie = false;
  for (const auto source : {&TokenSources::in_subprotocol, &TokenSources::in_cookie}) {
    Token other = (this->*source)(request);
    if (!other && other.error().reason == Reason::kNoToken) continue;
    if (!other) return other;
    if (found) return Reason::kSeveralTokens;
    is_in_cookie = source == &TokenSources::in_cookie;
    found = std::move(other);
  }
  if (is_in_cookie && !site_.is_safe(request) && !site_.is_own(request)) return Reason::kCrossSite;
  return found;
}

// The other cookies are not checked: they are the site's own affair.
Token TokenSources::in_cookie(const Request& request) const {
  if (cookie_.empty()) return Reason::kNoToken;
  std::optional<std::string_view> value;
  bool is_sound = true;
  for_each_piece(request, kCookies, ';', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (auth::trimmed(name) != cookie_) return;
    if (value || equals == pair.npos || name != cookie_) is_sound = false;
    value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
  });
  if (!value) return Reason::kNoToken;
  if (!is_sound) return Reason::kMalformedCookie;
  // A site leaves an empty cookie when somebody has logged out.
  const std::string_view token = without_quotes(*value);
  if (token.empty()) return Reason::kNoToken;
  if (!auth::is_bearer_token(token, max_bytes_)) return Reason::kMalformedCookie;
  return auth::SecretView(token);
}

Token TokenSources::in_subprotocol(const Request& request) const {
  if (!websocket_ || !SiteOrigin::opens_websocket(request)) return Reason::kNoToken;
  const std::vector<std::string_view> names = subprotocols(request);
  const auto place = place_of_bearer(names);
  if (!place) return place.error();
  if (!*place) return Reason::kNoToken;
  const std::string_view token = names[**place + 1];
  if (!auth::is_bearer_token(token, max_bytes_)) return Reason::kMalformedSubprotocol;
  return auth::SecretView(token);
}

std::string TokenSources::other_subprotocols(const Request& request) const {
  const std::vector<std::string_view> names = subprotocols(request);
  const auto place = place_of_bearer(names);
  std::string others;
  for (std::size_t at = 0; place && at < names.size(); ++at) {
    const bool is_of_token = *place && (at == **place || at == **place + 1);
    if (is_of_token || names[at].empty()) continue;
    // It goes into a header, and back to the client.
    if (!std::all_of(names[at].begin(), names[at].end(), is_token_character)) return {};
    others.append(others.empty() ? "" : ", ").append(names[at]);
  }
  return others.size() > kMaxSubprotocolBytes ? std::string() : others;
}

}  // namespace fcgi

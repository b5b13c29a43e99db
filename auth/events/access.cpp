// SPDX-License-Identifier: Apache-2.0
#include "auth/events/access.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/log.h"
#include "auth/events/scope.h"
#include "auth/token/bearer_token.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/form.h"

namespace auth {
namespace {

using std::chrono::seconds;

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
// Without this audience ZITADEL's own API refuses the token.
constexpr std::string_view kScope = "openid urn:zitadel:iam:org:project:id:zitadel:aud";
// A token is exchanged again kRenewal before its end, and after an hour in any case.
constexpr seconds kRenewal{60};
constexpr seconds kLongestUse{3600};

Secret bearer(const Secret& token) {
  constexpr std::string_view kScheme = "Bearer ";
  std::string value;
  value.reserve(kScheme.size() + token.size());  // no copy is left behind
  value.append(kScheme).append(token.reveal());
  return Secret::take(value);
}

}  // namespace

Result<Secret> EventsAccess::authorization(const WhileWaiting& while_waiting) {
  if (is_refused_ || has_changed()) read_again();
  if (const auto* const token = std::get_if<Secret>(token_)) return bearer(*token);
  if (exchanged_.empty() || clock_.steady() >= use_until_) {
    auto exchanged = exchange(std::get<ServiceUserKey>(*token_), while_waiting);
    if (!exchanged) return std::move(exchanged).error();
  }
  return bearer(exchanged_);
}

std::uint64_t EventsAccess::name() const {
  const auto* const token = std::get_if<Secret>(token_);
  return Digest().add(token ? token->reveal() : std::get<ServiceUserKey>(*token_).key_id).value();
}

void EventsAccess::refused() {
  exchanged_ = Secret();
  is_refused_ = true;
}

EventsAccess::Stamp EventsAccess::stamp_of(const std::string& path) noexcept {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {file.st_dev, file.st_ino, file.st_size,
          file.st_mtim.tv_sec * kSecond + file.st_mtim.tv_nsec};
}

// A file that cannot be used may be in the middle of a change: the previous token stays in use.
void EventsAccess::read_again() {
  is_refused_ = false;
  const Stamp stamp = stamp_of(path_);
  const bool has_changed = std::exchange(stamp_, stamp) != stamp;
  auto token = read_events_token(path_);
  if (token) {
    replaced_ = *std::move(token);
    token_ = &replaced_;
    exchanged_ = Secret();
  } else if (has_changed) {
    log(LogLevel::kWarn,
        "ZITADEL_EVENTS_TOKEN_FILE " + token.error().sentence + "; what it held before is used");
  }
}

Result<void> EventsAccess::exchange(const ServiceUserKey& key, const WhileWaiting& while_waiting) {
  using Found = Result<std::shared_ptr<const DiscoveryDocument>>;
  const Found found = await<Found>(
      [&](const std::function<void(Found)>& done) { discovery_.get(done); }, while_waiting);
  if (!found) return found.error();
  Result<Secret> assertion = sign_assertion(*key.key, key.key_id, key.user_id, (*found)->issuer,
                                            clock_.wall(), kAssertionLifetime);
  if (!assertion) return std::move(assertion).error();
  std::string form;
  append_form_field(form, "grant_type", kGrantType);
  append_form_field(form, "scope", kScope);
  append_form_field(form, "assertion", assertion->reveal());
  HttpRequest request{(*found)->token_endpoint, Secret::take(form)};
  const auto answer = await_answer(http_, std::move(request), while_waiting);
  if (!answer) return answer.error();
  if (answer->status != 200) {
    return status_error(*answer, "the token endpoint, for the events,");
  }
  return take(*answer);
}

Result<void> EventsAccess::take(const HttpResponse& answer) {
  const auto document = Json::parse_secret(SecretView(answer.body));
  const auto token = document ? document->member("access_token") : std::nullopt;
  const auto text = token ? token->text() : std::nullopt;
  if (!text || !is_bearer_token(*text, std::string::npos)) {
    return Error{Reason::kMalformedAnswer, "the token endpoint's answer holds no access token"};
  }
  const seconds life{document->integer_of("expires_in").value_or(0)};
  exchanged_ = Secret(*text);
  use_until_ = clock_.steady() + std::clamp(life - kRenewal, kRenewal, kLongestUse);
  return {};
}

}  // namespace auth

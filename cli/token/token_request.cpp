// SPDX-License-Identifier: Apache-2.0
#include "cli/token/token_request.h"

#include <utility>

#include "auth/base/result.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/form.h"
#include "cli/common/ask.h"
#include "cli/common/discover.h"

namespace cli {
namespace {

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

auth::Result<auth::Secret> make_form(const TokenRequest& request, const auth::ServiceUserKey& key,
                                     const std::string& issuer, const auth::Clock& clock) {
  const auth::Result<auth::Secret> assertion = auth::sign_assertion(
      *key.key, key.key_id, key.user_id, issuer, clock.wall(), auth::kAssertionLifetime);
  if (!assertion) return assertion.error();
  std::string form;
  auth::append_form_field(form, "grant_type", kGrantType);
  auth::append_form_field(form, "scope", request.scope);
  auth::append_form_field(form, "assertion", assertion->reveal());
  return auth::Secret::take(form);
}

}  // namespace

auth::Result<auth::Secret, auth::Mistake> get_token(const TokenRequest& request,
                                                    const auth::ServiceUserKey& key,
                                                    auth::HttpClient& http,
                                                    const auth::Clock& clock) {
  if (auto checked = auth::check_expiry(key, clock.wall()); !checked) {
    return std::move(checked).error();
  }
  auto discovered = discover(request.domain, request.allow_http, http);
  if (!discovered) return std::move(discovered).error();
  const auto& found = *discovered;
  auth::Result<auth::Secret> form = make_form(request, key, found.issuer, clock);
  if (!form) return auth::Mistake{to_string(form.error())};
  const auto answer = ask(http, {found.token_endpoint, *std::move(form)});
  if (!answer) return auth::Mistake{to_string(answer.error())};
  return read_token_answer(*answer, key, found.issuer, clock.wall(), request.max_token_bytes);
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Gets a service user's access token with the JWT bearer grant (RFC 7523 §2.1).
#pragma once

#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/token/bearer_token.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/key_file.h"
#include "cli/token/token_answer.h"

namespace cli {

// The scope of a token for ZITADEL's own API.
constexpr std::string_view kZitadelScope = "openid urn:zitadel:iam:org:project:id:zitadel:aud";

struct TokenRequest {
  std::string domain;  // ZITADEL's URL, spelt as plain_url does it
  std::string scope;
  bool allow_http = false;
  std::size_t max_token_bytes = auth::kUsualAuthorizationBytes;  // the API's limit
};

// Discovers the issuer and asks its token endpoint for the token. What is signed for the issuer
// goes only to the issuer's own server, and only if this is the issuer that request.domain names.
// Waits for the answers, within the time limits of the client.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> get_token(const TokenRequest& request,
                                                                  const auth::ServiceUserKey& key,
                                                                  auth::HttpClient& http,
                                                                  const auth::Clock& clock);

}  // namespace cli

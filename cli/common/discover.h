// SPDX-License-Identifier: Apache-2.0
// The instance that --domain names, as it describes itself.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// Waits for the discovery document. Refuses one of another issuer, for whoever answers in its place
// must not get what is signed for another, and one whose endpoints are on another server. domain:
// ZITADEL's URL, spelt as plain_url does it.
[[nodiscard]] auth::Result<auth::DiscoveryDocument, auth::Mistake> discover(
    const std::string& domain, bool allow_http, auth::HttpClient& http);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Reads the discovery document of the instance that --domain names.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// Waits for the discovery document. Refuses a document of another issuer: that server must not get
// what is signed for the instance. Refuses a document whose endpoints are on another server.
// domain: ZITADEL's URL, spelt as plain_url does it.
[[nodiscard]] auth::Result<auth::DiscoveryDocument, auth::Mistake> discover(
    const std::string& domain, bool allow_http, auth::HttpClient& http);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// The other protocol at a port: TLS where http:// was meant, plain HTTP where https:// was.
#pragma once

#include <optional>
#include <string>

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// What mends it, where a question to that URL has failed for this reason and the other protocol is
// spoken there. setting: what names the URL. Asks once, and sends nothing secret.
[[nodiscard]] std::optional<std::string> wrong_protocol(auth::Reason reason, const std::string& url,
                                                        const std::string& setting,
                                                        auth::HttpClient& http);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Detects the other protocol at a port: TLS if the URL says http://, plain HTTP if it says
// https://.
#pragma once

#include <optional>
#include <string>

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// Returns the remedy if a question to the URL failed for this reason and the port speaks the other
// protocol; else nullopt. setting: what names the URL. Asks once, and sends nothing secret.
[[nodiscard]] std::optional<std::string> wrong_protocol(auth::Reason reason, const std::string& url,
                                                        const std::string& setting,
                                                        auth::HttpClient& http);

}  // namespace cli

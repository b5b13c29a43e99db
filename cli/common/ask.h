// SPDX-License-Identifier: Apache-2.0
// One question to a server and its answer, for commands that have nothing else to do meanwhile.
#pragma once

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// Waits for the answer, as long as the client lets it. Errors: those of HttpClient::send.
[[nodiscard]] auth::Result<auth::HttpResponse> ask(auth::HttpClient& http,
                                                   auth::HttpRequest request);

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
// Asks a server and waits for its answer, for commands that have nothing else to do meanwhile.
#pragma once

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// Waits for the answer, within the time limits of the client. Errors: those of HttpClient::send.
[[nodiscard]] auth::Result<auth::HttpResponse> ask(auth::HttpClient& http,
                                                   auth::HttpRequest request);

}  // namespace cli

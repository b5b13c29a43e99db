// SPDX-License-Identifier: Apache-2.0
// Reads the answer of ZITADEL's token endpoint to a service user (RFC 6749 §5), and gives the
// remedy if it refuses.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/key_file.h"

namespace cli {

// Returns the token in the answer. Error: the cause if it is known, else the likely causes with
// their remedies. issuer: the one that the key was used with. now: the time of the answer.
// max_token_bytes: the value of ZITADEL_MAX_TOKEN_BYTES.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> read_token_answer(
    const auth::HttpResponse& answer, const auth::ServiceUserKey& key, const std::string& issuer,
    auth::WallTime now, std::size_t max_token_bytes);

}  // namespace cli

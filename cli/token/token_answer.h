// SPDX-License-Identifier: Apache-2.0
// The answer of ZITADEL's token endpoint to a service user (RFC 6749 §5), and the remedy if it
// refuses.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/key_file.h"

namespace cli {

// The token in the answer, or why there is none: the cause where it can be told, else the likely
// ones with their remedies. issuer: whom the key was used with. now: when the answer came.
// max_token_bytes: of ZITADEL_MAX_TOKEN_BYTES.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> read_token_answer(
    const auth::HttpResponse& answer, const auth::ServiceUserKey& key, const std::string& issuer,
    auth::WallTime now, std::size_t max_token_bytes);

}  // namespace cli

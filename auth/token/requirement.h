// SPDX-License-Identifier: Apache-2.0
// Requirement in the namespace of these rooms. It is public: zitadel_auth/requirement.h.
#pragma once

#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "zitadel_auth/requirement.h"

namespace auth {

using zitadel_auth::is_scope_token;
using zitadel_auth::kMaxDescribedBytes;
using zitadel_auth::Requirement;

}  // namespace auth

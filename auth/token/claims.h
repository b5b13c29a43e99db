// SPDX-License-Identifier: Apache-2.0
// Claims in the namespace of these rooms. They are public: zitadel_auth/claims.h.
#pragma once

#include "auth/base/clock.h"
#include "zitadel_auth/claims.h"

namespace auth {

using zitadel_auth::Claims;
using zitadel_auth::ClaimsBuilder;
using zitadel_auth::kMaxRecordBytes;
using zitadel_auth::NameOrder;
using zitadel_auth::Role;

}  // namespace auth

// SPDX-License-Identifier: Apache-2.0
// Result, Error and Reason in the namespace of these rooms. They are public: zitadel_auth/result.h.
#pragma once

#include "zitadel_auth/result.h"

namespace auth {

using zitadel_auth::describe;
using zitadel_auth::Error;
using zitadel_auth::Fault;
using zitadel_auth::fault_of;
using zitadel_auth::http_status;
using zitadel_auth::Mistake;
using zitadel_auth::Mistakes;
using zitadel_auth::Reason;
using zitadel_auth::Result;
using zitadel_auth::to_string;

}  // namespace auth

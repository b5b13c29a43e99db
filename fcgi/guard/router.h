// SPDX-License-Identifier: Apache-2.0
// Names the public Router (zitadel_fcgi/router.h) in this namespace.
#pragma once

#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "zitadel_fcgi/router.h"

namespace fcgi {

using zitadel_fcgi::Endpoint;
using zitadel_fcgi::Router;

}  // namespace fcgi

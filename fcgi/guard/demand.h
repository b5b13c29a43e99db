// SPDX-License-Identifier: Apache-2.0
// Demand: what the rules ask of a request, in every way in which the web server and the programs
// behind it may read it.
#pragma once

#include <memory>

#include "auth/base/result.h"
#include "auth/token/requirement.h"
#include "fcgi/guard/refusal.h"
#include "fcgi/guard/rules.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Keeps alive what it refers to.
using Demand = std::shared_ptr<const auth::Requirement>;

// Returns all requirements that the request has to meet, as one; or why nobody may send it:
// 400: a method, its own or one that replaces it, is not valid
// 403: a path, its own or another that it is about, is refused (fcgi/http/request_path.h), or no
//      rule opens it
// 405: the rules of a path are not for the method
// All carry Cache-Control: no-store.
[[nodiscard]] auth::Result<Demand, Refusal> demand_of(const Request& request,
                                                      std::shared_ptr<const Rules> rules);

}  // namespace fcgi

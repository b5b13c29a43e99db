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

// All requirements that the request has to meet, as one; or why nobody may send it:
// 400: a method, its own or one that is to take its place, that is none
// 403: a path that is refused (fcgi/http/request_path.h) or that no rule opens, its own or another
// that
//      it is about
// 405: a method that the rules of a path are not for
// All carry Cache-Control: no-store.
[[nodiscard]] auth::Result<Demand, Refusal> demand_of(const Request& request,
                                                      std::shared_ptr<const Rules> rules);

}  // namespace fcgi

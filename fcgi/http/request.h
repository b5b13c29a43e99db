// SPDX-License-Identifier: Apache-2.0
// Request, as these rooms name it (it is public: zitadel_fcgi/request.h), and what only a guard
// asks of it.
#pragma once

#include "zitadel_fcgi/request.h"

namespace fcgi {

using zitadel_fcgi::Request;

// Whether an Apache module asks if a request for something else may go on. Headers of a 200 that it
// does not take for itself go out to the client, with what is served.
[[nodiscard]] bool is_asked_by_apache(const Request& request) noexcept;

// Whether that is mod_fcgid's FcgidAccessChecker: it takes no header for itself.
[[nodiscard]] bool is_access_check(const Request& request) noexcept;

}  // namespace fcgi

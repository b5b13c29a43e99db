// SPDX-License-Identifier: Apache-2.0
// Reach: all paths that a request is about, each with the method that is for it.
//
// These are its own path with its own method, and with those that a program behind may use instead;
// a path in a header field that replaces its own; and the one that it writes to (COPY, MOVE).
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "fcgi/guard/refusal.h"
#include "fcgi/http/path_segment.h"
#include "fcgi/http/request.h"
#include "fcgi/http/request_path.h"

namespace fcgi {

// Gets the paths of one method, in every way in which they may be read, and whether what is below
// them is reached as well. A refusal ends the visit.
using ReachVisitor = std::function<std::optional<Refusal>(
    const std::vector<Reading>& paths, std::string_view method, bool reaches_below)>;

// Visits all of them. Returns the visitor's refusal, or one of its own; nullopt if there is none:
// 400: a method, its own or one that replaces it, is not valid
// 403: a path, its own or another that it is about, is refused (fcgi/http/request_path.h)
[[nodiscard]] std::optional<Refusal> visit_reach(const Request& request, Case letters,
                                                 const ReachVisitor& visit);

}  // namespace fcgi

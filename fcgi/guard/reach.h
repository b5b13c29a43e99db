// SPDX-License-Identifier: Apache-2.0
// Reach: all paths that a request is about, each with the method that is for it.
//
// Its own path with its own method, and with those that a program behind may take in its place; a
// path that a header field puts in the place of its own; and the one that it writes to (COPY,
// MOVE).
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

// Is given the paths of one method, in every way in which they may be read, and whether what lies
// below them is reached as well. A refusal ends the visit.
using ReachVisitor = std::function<std::optional<Refusal>(
    const std::vector<Reading>& paths, std::string_view method, bool reaches_below)>;

// The visitor's refusal, or the reach's own:
// 400: a method, its own or one that is to take its place, that is none
// 403: a path that is refused (fcgi/http/request_path.h), its own or another that it is about
[[nodiscard]] std::optional<Refusal> visit_reach(const Request& request, Case letters,
                                                 const ReachVisitor& visit);

}  // namespace fcgi

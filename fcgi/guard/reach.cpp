// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/reach.h"

#include <string>
#include <utility>

#include "fcgi/guard/request_methods.h"
#include "fcgi/guard/webdav.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

using Paths = std::vector<Reading>;
using MaybeRefusal = std::optional<Refusal>;

Refusal malformed(std::string_view why) {
  return not_to_be_stored(error_response(400, "invalid_request", why), why);
}

// Adds the readings of a target to the paths. Returns false if it is refused.
bool add_readings(Paths& paths, const std::optional<RequestTarget>& target, Case letters) {
  std::optional<Paths> readings;
  if (target) readings = request_paths(target->path, letters);
  if (!readings) return false;
  if (paths.empty()) {
    paths = *std::move(readings);
  } else {
    paths.insert(paths.end(), readings->begin(), readings->end());
  }
  return true;
}

// Some programs use a header field instead of the target, since a server in front may have
// rewritten the target: the path in that field counts as well.
std::optional<Paths> paths_of(const Request& request, const std::optional<RequestTarget>& target,
                              Case letters) {
  Paths paths;
  bool sound = add_readings(paths, target, letters);
  request.for_each("HTTP_X_", [&](std::string_view name, std::string_view value) {
    const bool replaces = name == "HTTP_X_ORIGINAL_URL" || name == "HTTP_X_REWRITE_URL";
    if (replaces && sound) sound = add_readings(paths, request_target(value), letters);
  });
  if (!sound || paths.size() > 2 * kMaxReadings) return std::nullopt;
  return paths;
}

// The path that a COPY or MOVE writes to. What lies below it is removed
// first, whatever the Depth (RFC 4918 §9.8.4).
MaybeRefusal visit_destination(const ReachVisitor& visit, const Request& request,
                               std::string_view method, Case letters) {
  const std::optional<std::string_view> path = destination_path(request);
  if (!path) return forbidden("the Destination is missing, ambiguous, or of another host");
  const std::optional<Paths> paths = request_paths(*path, letters);
  if (!paths) return forbidden("the path of the Destination is ambiguous");
  return visit(*paths, method, true);
}

MaybeRefusal visit_method(const ReachVisitor& visit, const Request& request, const Paths& paths,
                          std::string_view method, Case letters) {
  if (MaybeRefusal refusal = visit(paths, method, reaches_below(request, method))) return refusal;
  if (!has_destination(method)) return std::nullopt;
  return visit_destination(visit, request, method, letters);
}

}  // namespace

std::optional<Refusal> visit_reach(const Request& request, Case letters,
                                   const ReachVisitor& visit) {
  const std::optional<RequestTarget> target = request_target(request.variable("REQUEST_URI"));
  const std::optional<RequestMethods> methods =
      request_methods(request, target ? target->query : std::string_view());
  if (!methods) return malformed("a method of the request is none");
  const std::optional<Paths> paths = paths_of(request, target, letters);
  if (!paths) return forbidden("the path of the request is ambiguous");
  if (MaybeRefusal refusal = visit_method(visit, request, *paths, methods->own, letters)) {
    return refusal;
  }
  for (const std::string& method : methods->overrides) {
    if (MaybeRefusal refusal = visit_method(visit, request, *paths, method, letters)) {
      return refusal;
    }
  }
  return std::nullopt;
}

}  // namespace fcgi

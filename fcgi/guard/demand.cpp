// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/demand.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/guard/request_methods.h"
#include "fcgi/guard/webdav.h"
#include "fcgi/http/request_path.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

using Paths = std::vector<Reading>;
using MaybeRefusal = std::optional<Refusal>;

Refusal not_to_be_stored(Response response, std::string_view why) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return {std::move(response), why};
}

// Nobody gets in whatever token they hold: there is nothing to ask the caller for.
Refusal forbidden(std::string_view why) {
  return not_to_be_stored(error_response(403, "access_denied", why), why);
}

Refusal malformed(std::string_view why) {
  return not_to_be_stored(error_response(400, "invalid_request", why), why);
}

Refusal wrong_method(const std::vector<std::string>& methods) {
  std::string allow;
  for (const std::string& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  return not_to_be_stored(method_not_allowed(std::move(allow)),
                          "the rules of the path are not for the method");
}

// Gathers what is asked of one request.
class Gatherer {
 public:
  explicit Gatherer(const Rules& rules) : rules_(rules) {}

  // What a request of that method for what may be any of these paths has to meet, or why it is
  // refused.
  [[nodiscard]] MaybeRefusal add(const Paths& paths, std::string_view method, bool reaches_below);
  // REQUIRES: something was added. The rules are those that were given.
  [[nodiscard]] Demand take(std::shared_ptr<const Rules> rules) const;

 private:
  [[nodiscard]] MaybeRefusal add_below(std::string_view path, std::string_view method);
  void add(const auth::Requirement* requirement);

  const Rules& rules_;
  // Most requests have to meet one alone: that takes no memory.
  const auth::Requirement* first_ = nullptr;
  std::vector<const auth::Requirement*> further_{};
};

MaybeRefusal Gatherer::add(const Paths& paths, std::string_view method, bool reaches_below) {
  for (const auto& [path, is_inside] : paths) {
    const auto found = rules_.find(path, method);
    if (!found) {
      return found.error() == Rules::NoRule::kMethod ? wrong_method(rules_.methods(path))
                                                     : forbidden("no rule opens this path");
    }
    add(*found);
    if (!reaches_below || is_inside) continue;
    if (MaybeRefusal refusal = add_below(path, method)) return refusal;
  }
  return std::nullopt;
}

MaybeRefusal Gatherer::add_below(std::string_view path, std::string_view method) {
  for (const auth::Requirement* each : rules_.find_below(path, method)) {
    if (each == nullptr) return forbidden("a path below this one is not open to the method");
    add(each);
  }
  return std::nullopt;
}

void Gatherer::add(const auth::Requirement* requirement) {
  if (first_ == nullptr) first_ = requirement;
  if (requirement == first_) return;
  const auto found = std::find(further_.begin(), further_.end(), requirement);
  if (found == further_.end()) further_.push_back(requirement);
}

Demand Gatherer::take(std::shared_ptr<const Rules> rules) const {
  if (further_.empty()) return {std::move(rules), first_};
  struct Kept {
    std::shared_ptr<const Rules> rules;
    auth::Requirement all;
  };
  std::vector<const auth::Requirement*> parts = {first_};
  parts.insert(parts.end(), further_.begin(), further_.end());
  const auto kept =
      std::make_shared<const Kept>(Kept{std::move(rules), auth::Requirement::all_of(parts)});
  return {kept, &kept->all};
}

// Adds the readings of a target to the paths, or says that it is refused.
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

// Some programs believe a header field rather than the target, which a server in front of theirs is
// said to have rewritten: it counts as well.
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

// What has to be met at the path that a COPY or MOVE writes to. What lies below it is removed
// first, whatever the Depth (RFC 4918 §9.8.4).
MaybeRefusal add_destination(Gatherer& gatherer, const Request& request, std::string_view method,
                             Case letters) {
  const std::optional<std::string_view> path = destination_path(request);
  if (!path) return forbidden("the Destination is missing, ambiguous, or of another host");
  const std::optional<Paths> paths = request_paths(*path, letters);
  if (!paths) return forbidden("the path of the Destination is ambiguous");
  return gatherer.add(*paths, method, true);
}

MaybeRefusal add_method(Gatherer& gatherer, const Request& request, const Paths& paths,
                        std::string_view method, Case letters) {
  if (MaybeRefusal refusal = gatherer.add(paths, method, reaches_below(request, method)))
    return refusal;
  if (!has_destination(method)) return std::nullopt;
  return add_destination(gatherer, request, method, letters);
}

}  // namespace

auth::Result<Demand, Refusal> demand_of(const Request& request,
                                        std::shared_ptr<const Rules> rules) {
  const std::optional<RequestTarget> target = request_target(request.variable("REQUEST_URI"));
  const std::optional<RequestMethods> methods =
      request_methods(request, target ? target->query : std::string_view());
  if (!methods) return malformed("a method of the request is none");
  const std::optional<Paths> paths = paths_of(request, target, rules->letters());
  if (!paths) return forbidden("the path of the request is ambiguous");
  Gatherer gatherer(*rules);
  const auto add = [&](std::string_view method) {
    return add_method(gatherer, request, *paths, method, rules->letters());
  };
  if (MaybeRefusal refusal = add(methods->own)) return *std::move(refusal);
  for (const std::string& method : methods->overrides) {
    if (MaybeRefusal refusal = add(method)) return *std::move(refusal);
  }
  return gatherer.take(std::move(rules));
}

}  // namespace fcgi

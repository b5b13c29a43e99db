// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/demand.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/guard/reach.h"
#include "fcgi/http/request_path.h"

namespace fcgi {
namespace {

using Paths = std::vector<Reading>;
using MaybeRefusal = std::optional<Refusal>;

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

  // Adds what a request of that method has to meet if its path may be any of these, or returns why
  // it is refused.
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

}  // namespace

auth::Result<Demand, Refusal> demand_of(const Request& request,
                                        std::shared_ptr<const Rules> rules) {
  Gatherer gatherer(*rules);
  const auto add = [&gatherer](const Paths& paths, std::string_view method, bool reaches_below) {
    return gatherer.add(paths, method, reaches_below);
  };
  if (MaybeRefusal refusal = visit_reach(request, rules->letters(), add)) {
    return *std::move(refusal);
  }
  return gatherer.take(std::move(rules));
}

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
// Input: a method, a request target, a Destination (a line each), then a rules file.
#include "fcgi/guard/rules.h"

#include <algorithm>
#include <memory>
#include <string>

#include "fcgi/guard/demand.h"
#include "fcgi/http/methods.h"
#include "fcgi/http/request_path.h"
#include "fcgi/http/request_target.h"
#include "tests/fuzz/fuzz.h"

namespace {

using fcgi::Rules;

std::string take_line(std::string_view& text) {
  const std::string line(text.substr(0, text.find('\n')));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line.substr(0, line.find('\0'));
}

fcgi::Demand demanded(const std::shared_ptr<const Rules>& rules, const std::string& method,
                      const std::string& target, const std::string& destination) {
  const std::string variables[] = {"REQUEST_METHOD=" + method, "REQUEST_URI=" + target,
                                   "HTTP_DESTINATION=" + destination, "HTTP_HOST=host"};
  const char* pointers[] = {variables[0].c_str(), variables[1].c_str(), variables[2].c_str(),
                            variables[3].c_str(), nullptr};
  auto outcome = fcgi::demand_of(fcgi::Request(pointers), rules);
  if (outcome) return *outcome;
  const int status = outcome.error().response.status;
  fuzz::require(status == 400 || status == 403 || status == 405);
  return nullptr;
}

// What the rules say of one reading: whether they open it, and whether to everybody.
bool check(const Rules& rules, const std::string& path, const std::string& method,
           bool& is_public) {
  const auto found = rules.find(path, method);
  const auto methods = rules.methods(path);
  if (!found) {
    fuzz::require((found.error() == Rules::NoRule::kMethod) == !methods.empty());
    fuzz::require(std::find(methods.begin(), methods.end(), method) == methods.end());
    return false;
  }
  const auto* requirement = *found;
  fuzz::require(requirement != nullptr);
  is_public = is_public && requirement->is_public();
  // What lies below is decided by the same rule, or a longer one: never by none.
  fuzz::require(rules.find(path + "/", method).has_value() == found.has_value());
  return true;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string method = take_line(text);
  const std::string target = take_line(text);
  const std::string destination = take_line(text);
  auto outcome = Rules::parse(text);
  if (!outcome) {
    fuzz::require(!outcome.error().empty());
    return 0;
  }
  const auto rules = std::make_shared<const Rules>(*std::move(outcome));
  const fcgi::Demand demand = demanded(rules, method, target, destination);
  const auto parts = fcgi::request_target(target);
  const auto paths = parts ? fcgi::request_paths(parts->path, rules->letters()) : std::nullopt;
  if (!paths || !fcgi::is_method(method)) {
    fuzz::require(demand == nullptr);
    return 0;
  }
  // Nothing is open that is not open in every reading.
  bool is_open = true;
  bool is_public = true;
  for (const fcgi::Reading& each : *paths) {
    is_open = check(*rules, each.path, method, is_public) && is_open;
  }
  fuzz::require(is_open || demand == nullptr);
  fuzz::require(demand == nullptr || is_public || !demand->is_public());
  return 0;
}

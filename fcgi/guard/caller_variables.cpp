// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/caller_variables.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "auth/base/percent.h"
#include "auth/base/text.h"

namespace fcgi {
namespace {

using auth::percent_encode;

// The variables that every protected program gets; ZITADEL_PASS_CLAIMS cannot take these.
constexpr std::string_view kVariables[] = {
    "AUTH_SUB",       "AUTH_USERNAME",  "AUTH_ROLES", "AUTH_ORG",      "AUTH_SCOPE",
    "AUTH_EXP",       "AUTH_CLIENT_ID", "AUTH_CUT",   "AUTH_WOULD_BE", "AUTH_WEBSOCKET_PROTOCOL",
    "AUTH_REQUEST_ID"};

using Variable = CallerVariables::List::value_type;

std::size_t size_of(const Variable& variable) {
  return variable.first.size() + variable.second.size();
}

// Puts the names into the variable's empty list until the next one has no room. Returns false if
// some are left out.
template <typename Names>
bool fill(Variable& variable, const Names& names, std::size_t room) {
  std::string& list = variable.second;
  for (const auto& name : names) {
    const std::string next = percent_encode(name);
    const std::size_t blank = list.empty() ? 0 : 1;
    if (list.size() + blank + next.size() > room) return false;
    list.append(blank, ' ').append(next);
  }
  return true;
}

// "urn:zitadel:iam:user:metadata" → AUTH_URN_ZITADEL_IAM_USER_METADATA
std::string variable_of(std::string_view claim) {
  std::string name = "AUTH_";
  for (const char byte : claim) {
    name.push_back(auth::is_letter_or_digit(byte) ? auth::upper_case(byte) : '_');
  }
  return name;
}

// Whether mod_fcgid's configuration asks for them.
bool wants_variables(const Request& request) {
  return !request.variable("ZITADEL_VARIABLES").empty();
}

// When lighttpd asks again for its server.error-handler, it still has the variables and would join
// both.
void leave_out_what_is_there(const Request& request, CallerVariables::List& variables) {
  const auto is_there = [&](std::string_view name) { return !request.variable(name).empty(); };
  if (!is_there("AUTH_SUB") && !is_there("AUTH_REQUEST_ID") && !is_there("AUTH_WOULD_BE")) return;
  std::erase_if(variables, [&](const auto& variable) {
    return !variable.second.empty() && request.variable(variable.first) == variable.second;
  });
}

std::size_t size_of(const CallerVariables::List& variables) {
  std::size_t size = 0;
  for (const Variable& variable : variables) size += size_of(variable);
  return size;
}

std::size_t longest(const CallerVariables::List& variables) {
  std::size_t longest = 0;
  for (const Variable& variable : variables) longest = std::max(longest, size_of(variable));
  return longest;
}

// Number of bytes for the names of both lists, and for AUTH_CUT if both are cut.
constexpr std::size_t kReservedBytes = std::string_view(
                                           "AUTH_ROLES"
                                           "AUTH_SCOPE"
                                           "AUTH_CUT"
                                           "AUTH_ROLES AUTH_SCOPE")
                                           .size();

// Roles go before scopes: the client asks for the scopes, and must not push out its roles with
// them.
void fill_lists(const auth::Claims& claims, std::size_t most, CallerVariables::List& variables) {
  std::vector<std::string_view> roles;
  for (const auth::Role& role : claims.roles()) roles.push_back(role.name);
  std::size_t left = kMaxVariablesBytes - kReservedBytes - size_of(variables);
  std::string cut;
  for (const auto& [name, names] :
       {std::pair{"AUTH_ROLES", roles}, std::pair{"AUTH_SCOPE", claims.scopes()}}) {
    Variable variable{name, ""};
    const std::size_t room = std::min(left, most - variable.first.size());
    if (!fill(variable, names, room)) cut.append(cut.empty() ? "" : " ").append(name);
    left -= variable.second.size();
    variables.push_back(std::move(variable));
  }
  variables.emplace_back("AUTH_CUT", std::move(cut));
}

std::string time_of(const auth::Claims& claims) {
  return claims.expiry() ? std::to_string(claims.expiry()->time_since_epoch().count())
                         : std::string();
}

}  // namespace

auth::Result<void, auth::Mistake> CallerVariables::check_names(
    const std::vector<std::string>& passed_claims) {
  std::set<std::string> variables(std::begin(kVariables), std::end(kVariables));
  for (const std::string& claim : passed_claims) {
    const std::string variable = variable_of(claim);
    if (!variables.insert(variable).second) {
      return auth::Mistake{std::string("\"")
                               .append(claim)
                               .append("\" would become the variable ")
                               .append(variable)
                               .append(", which there is already: leave it out")};
    }
  }
  return {};
}

std::optional<CallerVariables::List> CallerVariables::of(const Request& request,
                                                         const auth::Claims& claims,
                                                         std::string_view would_be) const {
  if (is_access_check(request) && !wants_variables(request)) return List{};
  const std::string subject = percent_encode(claims.subject());
  // They are set even if they are empty: an older value must not pass for ours.
  List variables = {{"REMOTE_USER", subject},
                    {"AUTH_SUB", subject},
                    {"AUTH_USERNAME", percent_encode(claims.username())},
                    {"AUTH_ORG", percent_encode(claims.organisation())},
                    {"AUTH_EXP", time_of(claims)},
                    {"AUTH_CLIENT_ID", percent_encode(claims.client_id())},
                    {"AUTH_REQUEST_ID", std::string(request.request_id())}};
  if (!would_be.empty()) variables.emplace_back("AUTH_WOULD_BE", would_be);
  if (is_access_check(request)) {
    variables.emplace_back("AUTH_CLAIMS", pairs_of_passed(claims));
  } else {
    for (const std::string& name : passed_claims_) {
      variables.emplace_back(variable_of(name), percent_encode(claims.extra(name)));
    }
  }
  const std::size_t most =
      is_asked_by_apache(request) ? kMaxApacheVariableBytes : kMaxVariablesBytes;
  if (size_of(variables) + kReservedBytes > kMaxVariablesBytes || longest(variables) > most) {
    return std::nullopt;
  }
  fill_lists(claims, most, variables);
  leave_out_what_is_there(request, variables);
  return variables;
}

std::string CallerVariables::pairs_of_passed(const auth::Claims& claims) const {
  std::string pairs;
  for (const std::string& name : passed_claims_) {
    const std::string value = percent_encode(claims.extra(name));
    if (value.empty()) continue;
    if (!pairs.empty()) pairs.push_back(' ');
    pairs.append(percent_encode(name)).append("=").append(value);
  }
  return pairs;
}

}  // namespace fcgi

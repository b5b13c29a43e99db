#include "fcgi/guard/caller_variables.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "auth/base/percent.h"
#include "auth/base/text.h"

namespace fcgi {
namespace {

using auth::percent_encode;

// What every protected program gets; ZITADEL_PASS_CLAIMS cannot take these.
constexpr std::array<std::string_view, 7> kVariables = {
    "AUTH_SUB",   "AUTH_USERNAME", "AUTH_ROLES",    "AUTH_ORG",
    "AUTH_SCOPE", "AUTH_EXP",      "AUTH_CLIENT_ID"};

template <typename Names>
std::string encoded_list(const Names& names) {
  std::string list;
  for (const auto& name : names) {
    if (!list.empty()) list.push_back(' ');
    list += percent_encode(name);
  }
  return list;
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

// Asked again for its server.error-handler, lighttpd still has them and would join the two.
void leave_out_what_is_there(const Request& request, CallerVariables::List& variables) {
  if (request.variable("AUTH_SUB").empty()) return;
  std::erase_if(variables, [&](const auto& variable) {
    return !variable.second.empty() && request.variable(variable.first) == variable.second;
  });
}

std::size_t size_of(const CallerVariables::List& variables) {
  std::size_t size = 0;
  for (const auto& [name, value] : variables) size += name.size() + value.size();
  return size;
}

std::size_t longest(const CallerVariables::List& variables) {
  std::size_t longest = 0;
  for (const auto& [name, value] : variables) {
    longest = std::max(longest, name.size() + value.size());
  }
  return longest;
}

std::string time_of(const auth::Claims& claims) {
  return claims.expiry() ? std::to_string(claims.expiry()->time_since_epoch().count())
                         : std::string();
}

}  // namespace

std::optional<std::string> CallerVariables::mistake_in(
    const std::vector<std::string>& passed_claims) {
  std::set<std::string> variables(kVariables.begin(), kVariables.end());
  for (const std::string& claim : passed_claims) {
    const std::string variable = variable_of(claim);
    if (!variables.insert(variable).second) {
      return std::string("\"")
          .append(claim)
          .append("\" would become the variable ")
          .append(variable)
          .append(", which there is already: leave it out");
    }
  }
  return std::nullopt;
}

std::optional<CallerVariables::List> CallerVariables::of(const Request& request,
                                                         const auth::Claims& claims) const {
  if (is_access_check(request) && !wants_variables(request)) return List{};
  std::vector<std::string_view> roles;
  for (const auth::Role& role : claims.roles()) roles.push_back(role.name);
  const std::string subject = percent_encode(claims.subject());
  // Also where they are empty: nothing that was there before may pass for what we say.
  List variables = {{"REMOTE_USER", subject},
                    {"AUTH_SUB", subject},
                    {"AUTH_USERNAME", percent_encode(claims.username())},
                    {"AUTH_ROLES", encoded_list(roles)},
                    {"AUTH_ORG", percent_encode(claims.organisation())},
                    {"AUTH_SCOPE", encoded_list(claims.scopes())},
                    {"AUTH_EXP", time_of(claims)},
                    {"AUTH_CLIENT_ID", percent_encode(claims.client_id())}};
  if (is_access_check(request)) {
    variables.emplace_back("AUTH_CLAIMS", pairs_of_passed(claims));
  } else {
    for (const std::string& name : passed_claims_) {
      variables.emplace_back(variable_of(name), percent_encode(claims.extra(name)));
    }
  }
  if (size_of(variables) > kMaxVariablesBytes) return std::nullopt;
  if (is_asked_by_apache(request) && longest(variables) > kMaxApacheVariableBytes) {
    return std::nullopt;
  }
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

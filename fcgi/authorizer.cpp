#include "fcgi/authorizer.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "auth/log.h"
#include "fcgi/request_path.h"

namespace fcgi {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// What every protected program gets; ZITADEL_PASS_CLAIMS cannot take these.
constexpr std::array<std::string_view, 7> kVariables = {
    "AUTH_SUB",   "AUTH_USERNAME", "AUTH_ROLES",    "AUTH_ORG",
    "AUTH_SCOPE", "AUTH_EXP",      "AUTH_CLIENT_ID"};

// A value that cannot leave its header line, nor its place in a list: '%', blanks, control
// characters and all beyond ASCII are percent-encoded.
std::string encoded(std::string_view value) {
  std::string out;
  for (const char byte : value) {
    const auto code = static_cast<unsigned char>(byte);
    if (code > 0x20 && code < 0x7f && byte != '%') {
      out.push_back(byte);
    } else {
      out.append({'%', kHexDigits[code >> 4], kHexDigits[code & 0xf]});
    }
  }
  return out;
}

template <typename Names>
std::string encoded_list(const Names& names) {
  std::string list;
  for (const auto& name : names) {
    if (!list.empty()) list.push_back(' ');
    list += encoded(name);
  }
  return list;
}

// "urn:zitadel:iam:user:metadata" → AUTH_URN_ZITADEL_IAM_USER_METADATA
std::string variable_of(std::string_view claim) {
  std::string name = "AUTH_";
  for (const char byte : claim) {
    if (byte >= 'a' && byte <= 'z') {
      name.push_back(static_cast<char>(byte - 'a' + 'A'));
    } else {
      const bool kept = (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
      name.push_back(kept ? byte : '_');
    }
  }
  return name;
}

void forbid_storing(Response& response) {
  response.headers.emplace_back("Cache-Control", "no-store");
}

// Whether mod_fcgid's configuration asks for them. What it was told before an internal redirect it
// still has, and would add a second time.
bool wants_variables(const Request& request) {
  return !request.variable("ZITADEL_VARIABLES").empty() &&
         request.variable("REDIRECT_ZITADEL_VARIABLES").empty();
}

// Nobody gets in whatever token they hold: there is nothing to ask the caller for.
Response forbidden(std::string_view why) {
  Response response = error_response(403, "access_denied", why);
  forbid_storing(response);
  return response;
}

// It is the operator's turn.
Response unable(std::string_view why) {
  Response response = error_response(503, "server_error", why);
  forbid_storing(response);
  return response;
}

std::size_t size_of(const Response& response) {
  std::size_t size = 0;
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 4;
  return size;
}

std::size_t longest_header(const Response& response) {
  std::size_t longest = 0;
  for (const auto& [name, value] : response.headers) {
    longest = std::max(longest, name.size() + value.size());
  }
  return longest;
}

Response wrong_method(const std::vector<std::string>& methods) {
  Response response = error_response(405, "method_not_allowed",
                                     "this path does not answer the method of the request");
  std::string allow;
  for (const std::string& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  response.headers.emplace_back("Allow", allow);
  forbid_storing(response);
  return response;
}

}  // namespace

bool Authorizer::is_asked(const Request& request) noexcept {
  return request.variable("FCGI_ROLE") == "AUTHORIZER" ||
         !request.variable("ZITADEL_AUTHORIZE").empty();
}

bool Authorizer::success_lets_through(const Request& request) noexcept {
  return request.variable("FCGI_ROLE") != "AUTHORIZER";
}

std::optional<std::string> Authorizer::mistake_in(const std::vector<std::string>& passed_claims) {
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

void Authorizer::handle(std::unique_ptr<Exchange> exchange) const {
  const Request& request = exchange->request();
  const std::optional<std::string> path = request_path(request.variable("REQUEST_URI"));
  if (!path) {
    return gatekeeper_.answer(std::move(exchange),
                              forbidden("the path of the request is ambiguous"));
  }
  if (rules_ == nullptr) {
    auth::log(auth::LogLevel::kError,
              "asked to protect " + *path + ", but ZITADEL_RULES is not set: nobody is let in");
    return gatekeeper_.answer(std::move(exchange), unable("there are no rules"));
  }
  const std::shared_ptr<const Rules> rules = rules_->current();
  const auto found = rules->find(*path, request.method());
  if (const auto* no_rule = std::get_if<Rules::NoRule>(&found)) {
    return gatekeeper_.answer(std::move(exchange), *no_rule == Rules::NoRule::kMethod
                                                       ? wrong_method(rules->methods(*path))
                                                       : forbidden("no rule opens this path"));
  }
  // The rules live on with the requirement, whatever becomes of their file meanwhile.
  gatekeeper_.admit(std::move(exchange), *std::get<const auth::Requirement*>(found),
                    [this, rules](const Request& admitted, const auth::Claims& claims) {
                      return admit(admitted, claims);
                    });
}

Response Authorizer::admit(const Request& request, const auth::Claims& claims) const {
  Response response;
  // What is decided about one caller is for no other, wherever a cache stands. Through Apache it
  // would be said of what is served.
  if (!is_asked_by_apache(request)) forbid_storing(response);
  if (is_access_check(request) && !wants_variables(request)) return response;
  // Also where they are empty: nothing that was there before may pass for what we say.
  const auto pass = [&response](std::string_view name, std::string value) {
    response.headers.emplace_back("Variable-" + std::string(name), std::move(value));
  };
  std::vector<std::string_view> roles;
  for (const auth::Role& role : claims.roles()) roles.push_back(role.name);
  const std::string subject = encoded(claims.subject());
  pass("REMOTE_USER", subject);
  pass("AUTH_SUB", subject);
  pass("AUTH_USERNAME", encoded(claims.username()));
  pass("AUTH_ROLES", encoded_list(roles));
  pass("AUTH_ORG", encoded(claims.organisation()));
  pass("AUTH_SCOPE", encoded_list(claims.scopes()));
  pass("AUTH_EXP", claims.expiry() ? std::to_string(claims.expiry()->time_since_epoch().count())
                                   : std::string());
  pass("AUTH_CLIENT_ID", encoded(claims.client_id()));
  if (is_access_check(request)) {
    pass("AUTH_CLAIMS", pairs_of_passed(claims));
  } else {
    for (const std::string& name : passed_claims_) {
      pass(variable_of(name), encoded(claims.extra(name)));
    }
  }
  const bool fits_apache = longest_header(response) <= kMaxApacheHeaderBytes;
  if (size_of(response) <= kMaxVariablesBytes && (fits_apache || !is_asked_by_apache(request))) {
    return response;
  }
  // Some of the roles would be worse than nothing, and the web server would only say 500 or 502.
  const std::string_view most =
      is_asked_by_apache(request) ? "32 KiB, or 8,000 bytes in one variable," : "32 KiB";
  auth::log(
      auth::LogLevel::kError,
      "more than " + std::string(most) + " are known of user " + subject +
          ", roles and ZITADEL_PASS_CLAIMS: the web server could not hand that on, not let in");
  return unable("more is known of the caller than can be handed on");
}

std::string Authorizer::pairs_of_passed(const auth::Claims& claims) const {
  std::string pairs;
  for (const std::string& name : passed_claims_) {
    const std::string value = encoded(claims.extra(name));
    if (value.empty()) continue;
    if (!pairs.empty()) pairs.push_back(' ');
    pairs.append(encoded(name)).append("=").append(value);
  }
  return pairs;
}

}  // namespace fcgi

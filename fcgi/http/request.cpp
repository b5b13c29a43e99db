// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request.h"

#include <cstring>
#include <string_view>

#include "auth/base/text.h"
#include "fcgi/http/random_name.h"

namespace zitadel_fcgi {
namespace {

// Returns the value if the "NAME=value" string has that name, otherwise null. Calls no strlen of
// the whole string: most of a request's variables are of no interest.
const char* value_of(const char* variable, std::string_view name) noexcept {
  // Most differ here.
  if (*variable != name.front()) return nullptr;
  if (std::strncmp(variable, name.data(), name.size()) != 0) return nullptr;
  return variable[name.size()] == '=' ? variable + name.size() + 1 : nullptr;
}

// A variable that is searched for in each request.
struct Wanted {
  const char* value = nullptr;  // the first of that name
  bool is_repeated = false;

  // Takes the variable if it has that name, and returns whether it has.
  bool take(const char* variable, std::string_view name) noexcept {
    const char* const found = value_of(variable, name);
    if (found == nullptr) return false;
    is_repeated = value != nullptr;
    if (!is_repeated) value = found;
    return true;
  }
};

// Whether a variable that may hold a token beside Authorization contains the text.
bool is_part_of_credentials(const Request& request, std::string_view text) noexcept {
  if (text.size() < fcgi::kLeastCredential) return false;
  bool is_part = false;
  for (const std::string_view variable : {fcgi::kCookies, fcgi::kSubprotocols}) {
    request.for_each(variable, [&](std::string_view name, std::string_view value) {
      is_part = is_part || (name == variable && value.find(text) != value.npos);
    });
  }
  return is_part;
}

}  // namespace

Request::Request(const char* const* variables, std::optional<std::string_view> body)
    : variables_(variables), body_(body) {
  Wanted method, path_info, guarded_id, sent_id, unique_id;
  for (const char* const* each = variables; *each != nullptr; ++each) {
    if (const char* authorization = value_of(*each, "HTTP_AUTHORIZATION")) {
      add_authorization(authorization);
      continue;
    }
    if (method.take(*each, "REQUEST_METHOD")) continue;
    if (path_info.take(*each, "PATH_INFO")) continue;
    if (guarded_id.take(*each, "AUTH_REQUEST_ID")) continue;
    if (sent_id.take(*each, "HTTP_X_REQUEST_ID")) continue;
    static_cast<void>(unique_id.take(*each, "UNIQUE_ID"));
  }
  if (method.value != nullptr) method_ = method.value;
  if (path_info.value != nullptr) path_info_ = path_info.value;
  look_for_authorization_of_redirect();
  // If there are two names, nobody can know which one another program uses.
  name_it({guarded_id.value, sent_id.is_repeated ? nullptr : sent_id.value, unique_id.value});
}

// The name that a guard in front has given comes first, then the name that a proxy has sent, then
// that of the web server itself (mod_unique_id).
void Request::name_it(std::initializer_list<const char*> names) noexcept {
  for (const char* const name : names) {
    if (name == nullptr || !is_sound_name(name)) continue;
    given_id_ = name;
    return;
  }
  fcgi::make_random_name(own_id_);
}

// Whether the name contains nothing that ends a line, a list or a parameter, and is no token that
// somebody has put in its place.
bool Request::is_sound_name(std::string_view name) const noexcept {
  constexpr std::string_view kMarks = "-_.~+/=@:";
  if (name.empty() || name.size() > kMaxRequestId) return false;
  for (const char byte : name) {
    if (!auth::is_letter_or_digit(byte) && kMarks.find(byte) == kMarks.npos) return false;
  }
  for (const std::string_view each : authorization()) {
    if (each.find(name) != each.npos) return false;
  }
  return !is_part_of_credentials(*this, name);
}

void Request::look_for_authorization_of_redirect() noexcept {
  // A RewriteRule that passes the header on sets the variable even if no header arrived.
  const bool none = authorization_count_ == 1 && authorization_[0].empty();
  if (!none && authorization_count_ > 0) return;
  authorization_count_ = 0;
  for (const char* const* each = variables_; *each != nullptr; ++each) {
    const char* authorization = value_of(*each, "REDIRECT_HTTP_AUTHORIZATION");
    if (authorization != nullptr) add_authorization(authorization);
  }
}

void Request::add_authorization(std::string_view value) noexcept {
  if (authorization_count_ == authorization_.size()) return;
  authorization_[authorization_count_++] = value;
}

std::string_view Request::variable(std::string_view name) const noexcept {
  for (const char* const* each = variables_; *each != nullptr; ++each) {
    if (const char* value = value_of(*each, name)) return value;
  }
  return {};
}

std::vector<std::string_view> Request::variables(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const char* const* each = variables_; *each != nullptr; ++each) {
    if (const char* value = value_of(*each, name)) found.emplace_back(value);
  }
  return found;
}

}  // namespace zitadel_fcgi

namespace fcgi {

bool is_asked_by_apache(const Request& request) noexcept {
  return !request.variable("FCGI_APACHE_ROLE").empty();
}

bool is_access_check(const Request& request) noexcept {
  return request.variable("FCGI_APACHE_ROLE") == "ACCESS_CHECKER";
}

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request.h"

#include <cstring>

namespace zitadel_fcgi {
namespace {

// The value where the "NAME=value" string is of that name, else a null pointer. No strlen of the
// whole string: most of a request's variables are of no interest.
const char* value_of(const char* variable, std::string_view name) noexcept {
  // Most differ here.
  if (*variable != name.front()) return nullptr;
  if (std::strncmp(variable, name.data(), name.size()) != 0) return nullptr;
  return variable[name.size()] == '=' ? variable + name.size() + 1 : nullptr;
}

}  // namespace

Request::Request(const char* const* variables, std::optional<std::string_view> body)
    : variables_(variables), body_(body) {
  const char* method = nullptr;
  const char* path_info = nullptr;
  for (const char* const* each = variables; *each != nullptr; ++each) {
    if (const char* authorization = value_of(*each, "HTTP_AUTHORIZATION")) {
      add_authorization(authorization);
    } else if (method == nullptr && (method = value_of(*each, "REQUEST_METHOD")) != nullptr) {
      method_ = method;
    } else if (path_info == nullptr && (path_info = value_of(*each, "PATH_INFO")) != nullptr) {
      path_info_ = path_info;
    }
  }
  // A RewriteRule that hands the header over sets the variable also where no header arrived.
  const bool none = authorization_count_ == 1 && authorization_[0].empty();
  if (!none && authorization_count_ > 0) return;
  authorization_count_ = 0;
  for (const char* const* each = variables; *each != nullptr; ++each) {
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

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/request_methods.h"

#include <algorithm>
#include <utility>

#include "auth/base/text.h"
#include "fcgi/http/methods.h"
#include "fcgi/http/path_segment.h"

namespace fcgi {
namespace {

// Adds the method. Returns false if it is no method, or one too many.
bool add(RequestMethods& methods, std::string_view text) {
  std::string method = auth::upper_case(text);
  if (!is_method(method)) return false;
  std::vector<std::string>& overrides = methods.overrides;
  const bool is_there = std::find(overrides.begin(), overrides.end(), method) != overrides.end();
  if (method != methods.own && !is_there) overrides.push_back(std::move(method));
  return overrides.size() <= kMaxOverrides;
}

std::string form_decoded(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', ' ');
  return decoded_leniently(plain);
}

// PHP leaves out blanks in front of a name, reads blanks and dots in it as '_', and ends it at NUL
// or at the '[' of an array.
bool is_override_parameter(std::string_view text) {
  constexpr std::string_view kName = "_method";
  if (text.size() < kName.size()) return false;
  std::string name = form_decoded(text);
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  std::replace(name.begin(), name.end(), '.', '_');
  std::replace(name.begin(), name.end(), ' ', '_');
  name.resize(std::min(name.find_first_of(std::string_view("\0[", 2)), name.size()));
  return auth::lower_case(name) == kName;
}

bool add_parameters(RequestMethods& methods, std::string_view query) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find_first_of("&;"));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!is_override_parameter(parameter.substr(0, equals))) continue;
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (!add(methods, form_decoded(value))) return false;
  }
  return true;
}

bool is_override_header(std::string_view variable) {
  return variable == "HTTP_X_HTTP_METHOD_OVERRIDE" || variable == "HTTP_X_METHOD_OVERRIDE" ||
         variable == "HTTP_X_HTTP_METHOD";
}

}  // namespace

std::optional<RequestMethods> request_methods(const Request& request, std::string_view query) {
  if (!is_method(request.method())) return std::nullopt;
  RequestMethods methods{request.method()};
  bool sound = true;
  request.for_each("HTTP_X_", [&](std::string_view name, std::string_view value) {
    if (is_override_header(name) && !add(methods, value)) sound = false;
  });
  if (!sound || !add_parameters(methods, query)) return std::nullopt;
  return methods;
}

}  // namespace fcgi

// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/challenge.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fcgi {
namespace {

constexpr std::chrono::seconds kDefaultRetryAfter{5};

// Bytes that neither a quoted-string nor an error_description may hold are shown as '?'.
bool is_printable(char byte) noexcept { return byte >= 0x20 && byte <= 0x7e; }

// A quoted-string (RFC 9110 §5.6.4).
std::string quoted_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') quoted.push_back('\\');
    quoted.push_back(is_printable(byte) ? byte : '?');
  }
  return quoted + '"';
}

// RFC 6750 §3: error_description holds %x20-21 / %x23-5B / %x5D-7E, so nothing to escape.
std::string error_description(std::string_view text) {
  std::string description(text);
  for (char& byte : description) {
    if (byte == '"') byte = '\'';
    if (byte == '\\' || !is_printable(byte)) byte = '?';
  }
  return description;
}

// One Bearer challenge, parameter by parameter, in the order in which they are added.
class BearerChallenge {
 public:
  explicit BearerChallenge(const ProtectedResource& resource)
      : text_("Bearer realm=" + quoted_string(resource.realm)) {
    if (!resource.metadata_url.empty()) add("resource_metadata", resource.metadata_url);
  }

  void add(std::string_view name, std::string_view value) {
    text_.append(", ").append(name).append("=").append(quoted_string(value));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

Response refuse(int status, std::string_view code, std::string_view description,
                BearerChallenge challenge) {
  Response response = error_response(status, code, description);
  response.headers.emplace_back("WWW-Authenticate", challenge.take());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response refuse_with_code(int status, std::string_view code, std::string_view description,
                          std::string_view scopes, const ProtectedResource& resource) {
  BearerChallenge challenge(resource);
  challenge.add("error", code);
  challenge.add("error_description", error_description(description));
  if (!scopes.empty()) challenge.add("scope", scopes);
  return refuse(status, code, description, std::move(challenge));
}

// RFC 6750 §3.1: a caller who sent no token gets no error code.
Response ask_for_token(std::string_view scopes, const ProtectedResource& resource) {
  BearerChallenge challenge(resource);
  if (!scopes.empty()) challenge.add("scope", scopes);
  return refuse(401, "unauthorized", describe(auth::Reason::kNoToken), std::move(challenge));
}

// No other token would help: there is nothing to ask the caller for.
Response forbid(std::string_view description) {
  Response response = error_response(403, "access_denied", description);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// Nothing is wrong with the token: the caller should try again.
Response try_again(int status, std::string_view code, std::string_view description,
                   const auth::Error& error) {
  const auto wait =
      std::max(error.retry_after.value_or(kDefaultRetryAfter), std::chrono::seconds{1});
  Response response = error_response(status, code, description);
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response unavailable(const auth::Error& error) {
  return try_again(503, "temporarily_unavailable",
                   "the access token cannot be checked at the moment", error);
}

}  // namespace

Response challenge(const auth::Error& error, const auth::Requirement& requirement,
                   const ProtectedResource& resource) {
  const int status = auth::http_status(error);
  switch (auth::fault_of(error.reason)) {
    case auth::Fault::kRequest:
      return refuse_with_code(status, "invalid_request", describe(error.reason), {}, resource);
    case auth::Fault::kToken:
      if (error.reason == auth::Reason::kNoToken) {
        return ask_for_token(requirement.scopes(), resource);
      }
      return refuse_with_code(status, "invalid_token", describe(error.reason), requirement.scopes(),
                              resource);
    case auth::Fault::kPermission:
      if (error.reason == auth::Reason::kWrongNetwork || error.reason == auth::Reason::kCrossSite) {
        return forbid(describe(error.reason));
      }
      return refuse_with_code(status, "insufficient_scope", "this needs " + requirement.describe(),
                              requirement.scopes(), resource);
    case auth::Fault::kLoad:
      return try_again(status, "too_many_requests", describe(error.reason), error);
    case auth::Fault::kUpstream:
    case auth::Fault::kOwn:
      return unavailable(error);
  }
  return unavailable(error);
}

}  // namespace fcgi

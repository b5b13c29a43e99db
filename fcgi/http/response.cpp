// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/response.h"

#include <algorithm>
#include <charconv>

#include "auth/base/json.h"
#include "auth/base/text.h"

namespace zitadel_fcgi {

const std::string* Response::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers) {
    if (auth::equals_ignoring_case(name, lower_case_name)) return &value;
  }
  return nullptr;
}

Response json_response(int status, std::string body) {
  Response response{.status = status, .body = std::move(body)};
  response.headers.reserve(4);  // room for what a challenge or the dispatcher adds
  response.headers.emplace_back("Content-Type", "application/json");
  return response;
}

Response message_response(std::string_view text) {
  return json_response(200, "{\"message\": " + auth::json_quote(text) + "}");
}

Response error_response(int status, std::string_view code, std::string_view description) {
  return json_response(status, "{\"error\": " + auth::json_quote(code) +
                                   ", \"error_description\": " + auth::json_quote(description) +
                                   "}");
}

}  // namespace zitadel_fcgi

namespace fcgi {
namespace {

// nginx passes the phrase on; without one its status line would be malformed (RFC 9112 §4).
std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

// Servers take no other status from a program; a wrong one must not look like success.
int sent_status(const Response& response) noexcept {
  return response.status >= 200 && response.status <= 599 ? response.status : 500;
}

bool is_token(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_character);
}

bool is_written_here(std::string_view name) noexcept {
  return auth::equals_ignoring_case(name, "status") ||
         auth::equals_ignoring_case(name, "content-length");
}

}  // namespace

bool is_token_character(char byte) noexcept {
  return auth::is_letter_or_digit(byte) ||
         std::string_view("!#$%&'*+-.^_`|~").find(byte) != std::string_view::npos;
}

Response method_not_allowed(std::string allow) {
  Response response =
      error_response(405, "method_not_allowed", "this path does not answer to that method");
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

namespace {

std::string status_and_headers(const Response& response, std::string_view request_id) {
  std::size_t size = 96 + request_id.size() + response.body.size();
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 4;
  std::string out;
  out.reserve(size);

  const int status = sent_status(response);
  out.append("Status: ");
  append_number(out, static_cast<std::size_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
  if (!request_id.empty() && response.header("x-request-id") == nullptr) {
    out.append("X-Request-Id: ").append(request_id).append("\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || auth::has_control(value) || is_written_here(name)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return out;
}

}  // namespace

std::string serialise(const Response& response, bool head, std::string_view request_id) {
  std::string out = status_and_headers(response, request_id);
  if (has_body(response, false)) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  out.append("\r\n");
  if (has_body(response, head)) out.append(response.body);
  return out;
}

std::string serialise_head(const Response& response, std::string_view request_id) {
  return status_and_headers(response, request_id) + "\r\n";
}

bool has_body(const Response& response, bool head) noexcept {
  const int status = sent_status(response);
  return status != 204 && status != 304 && !head;
}

}  // namespace fcgi

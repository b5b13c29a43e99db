// Request: one FastCGI or CGI request (RFC 3875), as types.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace fcgi {

// A view of the request's variables and body, which must outlive it. Immutable after construction,
// so any thread may read it.
class Request {
 public:
  // variables: "NAME=value" strings, ended by a null pointer. Body: nothing where it was longer
  // than the server keeps (Server::kMaxBody).
  explicit Request(const char* const* variables, std::optional<std::string_view> body = "");

  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  // The path below the mount point, decoded by the web server; may be empty.
  [[nodiscard]] std::string_view path_info() const noexcept { return path_info_; }
  // Values of all Authorization headers: HTTP_AUTHORIZATION, or, where there is none,
  // REDIRECT_HTTP_AUTHORIZATION (what Apache leaves of a variable after an internal redirect).
  [[nodiscard]] const std::vector<std::string_view>& authorization() const noexcept {
    return authorization_;
  }
  // Any variable; the first of several with one name, empty where there is none.
  [[nodiscard]] std::string_view variable(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string_view> body() const noexcept { return body_; }

 private:
  const char* const* variables_;
  std::optional<std::string_view> body_;
  std::string_view method_{};
  std::string_view path_info_{};
  std::vector<std::string_view> authorization_{};
};

}  // namespace fcgi
